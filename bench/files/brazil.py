"""What Brazilian programs, sites and the exchange B3 write."""

from __future__ import annotations

from collections.abc import Iterator

from bench.files.brokers import marked
from bench.files.market import DAYS, HOURS, SHARES, Bar, Sample, lines


def brazilian(value: float) -> str:
    return marked(value, ".", ",")


def samples() -> Iterator[Sample]:
    """Each dialect in the encoding in which it is found."""
    head = "Ativo;Data;Hora;Abertura;Máximo;Mínimo;Fechamento;Volume;Quantidade\n"
    rows = [
        f"WINFUT;{b.at('%d/%m/%Y;%H:%M:%S')};{';'.join(map(brazilian, b.prices))};1.035.112,40;{brazilian(b.volume)}"
        for b in HOURS[::-1]
    ]
    yield Sample("ProfitChart", "WINFUT_60.csv", lines(*rows, head=head).decode().encode("cp1252"), HOURS)
    yield Sample("ProfitChart without header", "WINFUT.csv", lines(*rows), HOURS)
    head = '"Data","Último","Abertura","Máxima","Mínima","Vol.","Var%"\n'
    text = lines(*map(investing, DAYS[::-1]), head=head)
    yield Sample("Investing.com Brasil", "investing-br.csv", text, DAYS)
    yield Sample("Investing.com Brasil", "investing-br-1252.csv", text.decode().encode("cp1252"), DAYS)
    head = "Data;Abertura;Máxima;Mínima;Fechamento;Volume\n"
    rows = [";".join([b.at("%d/%m/%Y"), *map(brazilian, b[1:])]) for b in DAYS]
    yield Sample("Excel in Brazil", "planilha.csv", lines(*rows, head=head, end="\r\n").decode().encode("cp1252"), DAYS)
    quoted = [
        ",".join([b.at("%d/%m/%Y"), *(f'"R$ {brazilian(v)}"' for v in b.prices), f'"{brazilian(b.volume)}"'])
        for b in DAYS[:8]
    ]
    yield Sample("Google Sheets in Brazil", "sheets.csv", lines(*quoted, head=head.replace(";", ",")), DAYS[:8])
    yield Sample("B3 COTAHIST", "COTAHIST_A2024.TXT", cotahist(), SHARES)


def investing(bar: Bar) -> str:
    thousands = f"{bar.volume / 1000:.4f}K".replace(".", ",")
    prices = map(brazilian, (bar.close, bar.open, bar.high, bar.low))
    return ",".join(f'"{cell}"' for cell in (bar.at("%d.%m.%Y"), *prices, thousands, "0,10%"))


def cotahist() -> bytes:
    rows = [line for b in SHARES for line in (day(b, "PETR4"), day(b, "VALE3"), day(b._replace(open=1.0), "PETRA10"))]
    edge = "COTAHIST.2024BOVESPA 20241230"
    return "\r\n".join([f"00{edge}".ljust(245), *rows, f"99{edge}{len(rows) + 2:011}".ljust(245), ""]).encode("cp1252")


def day(bar: Bar, code: str) -> str:
    """245 characters, as the exchange's own description lays them out."""

    def cents(value: float, width: int) -> str:
        return f"{round(value * 100):0{width}}"

    o, h, low, c = bar.prices
    names = f"{code:<12}010{'PETROBRAS':<12}{'PN  ÇN2':<10}{'':<3}R$  "
    prices = "".join(cents(price, 13) for price in (o, h, low, (h + low) / 2, c, c, c))
    traded = f"{77:05}{int(bar.volume):018}{cents(bar.volume * c, 18)}"
    return f"01{bar.at('%Y%m%d')}02{names}{prices}{traded}{0:013}099991231{1:07}{0:013}BRPETRACNPR6123"
