"""A workbook as a spreadsheet saves it, with no more in it than it needs."""

from __future__ import annotations

from typing import Final

from bench.files.exchanges import zipped
from bench.files.market import DAY, Bar

EXCEL_EPOCH: Final = 25_569
"""1970-01-01 as a spreadsheet counts days."""
OPEN: Final = "http://schemas.openxmlformats.org"
MAIN: Final = f"{OPEN}/spreadsheetml/2006/main"
RELATION: Final = f"{OPEN}/officeDocument/2006/relationships"
KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
NAMES: Final = ("Data", "Abertura", "Máxima", "Mínima", "Fechamento", "Volume")


def relations(*targets: tuple[str, str]) -> str:
    links = (
        f'<Relationship Id="r{n}" Type="{RELATION}/{kind}" Target="{file}"/>' for n, (kind, file) in enumerate(targets)
    )
    return f'<Relationships xmlns="{OPEN}/package/2006/relationships">{"".join(links)}</Relationships>'


def types() -> str:
    parts = {"workbook": "sheet.main", "worksheets/sheet1": "worksheet", "styles": "styles"}
    named = (f'<Override PartName="/xl/{part}.xml" ContentType="{KIND}.{kind}+xml"/>' for part, kind in parts.items())
    rels = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    return f'<Types xmlns="{OPEN}/package/2006/content-types">{rels}{"".join(named)}</Types>'


def styles() -> str:
    """The second of them is a date with its time."""
    needed = '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>'
    formats = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs>'
    return f'<styleSheet xmlns="{MAIN}">{needed}<cellStyleXfs count="1"><xf/></cellStyleXfs>{formats}</styleSheet>'


def text(value: str) -> str:
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def numbers(bar: Bar) -> str:
    time = f'<c s="1"><v>{bar.time / DAY + EXCEL_EPOCH!r}</v></c>'
    return f"<row>{time}{''.join(f'<c><v>{value}</v></c>' for value in bar[1:])}</row>"


def workbook(bars: tuple[Bar, ...]) -> bytes:
    """A title, a blank row, a Portuguese header, and times as fractions of a day."""
    top = f'<row r="1">{text("Cotações")}</row><row r="3">{"".join(map(text, NAMES))}</row>'
    rows = "".join(map(numbers, bars))
    sheets = '<sheets><sheet name="Planilha1" sheetId="1" r:id="r0"/></sheets>'
    parts = {
        "[Content_Types].xml": types(),
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}">{sheets}</workbook>',
        "xl/_rels/workbook.xml.rels": relations(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")),
        "xl/styles.xml": styles(),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{top}{rows}</sheetData></worksheet>',
    }
    return zipped({name: part.encode() for name, part in parts.items()})
