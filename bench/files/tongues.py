"""Tables in other languages and of other programs: names, numbers and dates as they are written there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from bench.files.brazil import brazilian
from bench.files.brokers import marked, row
from bench.files.market import DAYS, HOURS, Bar, Sample, lines


def samples() -> Iterator[Sample]:
    """Each with the names and in the encoding in which it is found."""
    yield from continental()
    yield from spaced()
    yield from brazilian_programs()
    yield from programs()
    yield from platforms()


def table(head: str, bars: Iterable[Bar], shape: str, number: Callable[[float], str], mark: str = ";") -> str:
    """Rows of a time and five numbers."""
    rows = (mark.join([bar.at(shape), *map(number, bar[1:])]) for bar in bars)
    return lines(*rows, head=f"{head}\n").decode()


def comma(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


def continental() -> Iterator[Sample]:
    day = "%d/%m/%Y"
    spanish = table("Fecha;Apertura;Máximo;Mínimo;Cierre;Volumen", DAYS, day, brazilian)
    yield Sample("Spanish", "es.csv", spanish.encode("cp1252"), DAYS)
    mexican = table("Fecha,Apertura,Máximo,Mínimo,Cierre,Volumen", DAYS, day, str, ",")
    yield Sample("Mexican", "mx.csv", mexican.encode(), DAYS)
    german = table("Datum;Eröffnung;Hoch;Tief;Schluss;Volumen", DAYS, "%d.%m.%Y", brazilian)
    yield Sample("German", "de.csv", german.encode("cp1252"), DAYS)
    pieces = (";".join([b.at("%Y-%m-%d"), *map(brazilian, b[1:]), brazilian(b.volume * 1000)]) for b in DAYS[::-1])
    head = "Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen\n"
    yield Sample("German, pieces beside money", "ariva.csv", lines(*pieces, head=head), DAYS)
    italian = table("Data;Apertura;Massimo;Minimo;Chiusura;Volume", DAYS, day, brazilian)
    yield Sample("Italian", "it.csv", italian.encode(), DAYS)
    portugal = table("Data;Abertura;Máximo;Mínimo;Fecho;Volume", DAYS, "%d-%m-%Y", comma)
    yield Sample("Portugal", "pt.csv", portugal.encode(), DAYS)
    polish = table("Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen", DAYS, "%Y-%m-%d", str, ",")
    yield Sample("Polish", "pl.csv", polish.encode(), DAYS)
    russian = table("Дата;Открытие;Максимум;Минимум;Закрытие;Объем", DAYS, "%d.%m.%Y", comma)
    yield Sample("Russian", "ru.csv", russian.encode(), DAYS)
    chinese = table("日期,开盘,最高,最低,收盘,成交量", DAYS, "%Y-%m-%d", str, ",")
    yield Sample("Chinese", "zh.csv", chinese.encode(), DAYS)
    head, doubt = "Fecha;Apertura;Máximo;Mínimo;Cierre;Volumen\n", "may be a fraction or a thousand"
    yield Sample("Spanish, whole points", "ibex.csv", lines(*whole("."), head=head), refused=doubt)
    head = "Data;Abertura;Máxima;Mínima;Fechamento;Volume\n"
    thousands = (
        ";".join([b.at("%d/%m/%Y"), *map(comma, b.prices), f"{b.volume / 1000:.4f} mil".replace(".", ",")])
        for b in DAYS
    )
    yield Sample("Brazil, thousands in words", "mil.csv", lines(*thousands, head=head), DAYS)
    unknown = "names that are not known"
    yield Sample("Chinese in its own encoding", "gbk.csv", chinese.encode("gb18030"), refused=unknown)


def whole(marks: str) -> Iterator[str]:
    """Points without a fraction: 42.000 there is forty-two thousand, and nothing says so."""
    for b in DAYS:
        yield ";".join([b.at("%d/%m/%Y"), *(f"{int(v):,}".replace(",", marks) for v in b.prices), str(int(b.volume))])


def spaced() -> Iterator[Sample]:
    """Thousands apart by blanks of all widths."""
    for name, blank in (("narrow", "\u202f"), ("thin", "\u2009"), ("wide", "\u00a0")):

        def number(value: float, blank: str = blank) -> str:
            return marked(value, blank, ",")

        french = table("Date;Ouverture;Plus haut;Plus bas;Clôture;Volume", DAYS, "%d/%m/%Y", number)
        yield Sample(f"French, {name} blanks", f"fr-{name}.csv", french.encode(), DAYS)


def brazilian_programs() -> Iterator[Sample]:
    rows = (
        f"PETR4;{b.at('%d/%m/%Y')};{';'.join(map(brazilian, b.prices))};1.000,00;{brazilian(b.volume)};312"
        for b in DAYS[::-1]
    )
    head = "Ativo;Data;Abertura;Máximo;Mínimo;Fechamento;Volume;Quantidade;Negócios\n"
    yield Sample("Profit, daily", "PETR4_D.csv", lines(*rows, head=head).decode().encode("cp1252"), DAYS)
    rows = (
        f"{b.at('%d/%m/%Y;%H:%M')};{';'.join(map(brazilian, b.prices))};9.999.999,99;{brazilian(b.volume)}"
        for b in HOURS
    )
    head = "Data;Hora;Abertura;Máxima;Mínima;Fechamento;Volume Financeiro;Quantidade\n"
    yield Sample("Profit, money and quantity", "pf.csv", lines(*rows, head=head).decode().encode("cp1252"), HOURS)
    short = table("Data;Abe;Máx;Mín;Fec;Vol", DAYS, "%d/%m/%Y", brazilian)
    yield Sample("short Portuguese names", "abe.csv", short.encode("cp1252"), DAYS)
    rows = (f"{b.at('%Y-%m-%d')};PETR4;{';'.join(map(comma, b[1:]))}" for b in DAYS)
    head = "TradDt;TckrSymb;FrstPric;MaxPric;MinPric;LastPric;FinInstrmQty\n"
    yield Sample("B3's short names", "b3.csv", lines(*rows, head=head), DAYS)
    rows = (
        ",".join([f'"{b.at("%d de %b. de %Y").lower()}"'.replace("feb.", "fev."), *(f'"{v}"' for v in yahoo(b))])
        for b in DAYS[::-1]
    )
    head = "Data,Abrir,Alto,Baixo,Fechamento*,Fechamento ajustado**,Volume\n"
    yield Sample("Yahoo Brasil", "yahoo-br.csv", lines(*rows, head=head), DAYS)
    excel = table("Data;Abertura;Máxima;Mínima;Fechamento;Volume", HOURS, "%d/%m/%Y %H:%M", comma)
    yield Sample("Excel, sep=", "sep.csv", f"sep=;\n{excel}".encode("cp1252"), HOURS)
    unicode = excel.replace(";", "\t").replace("\n", "\r\n")
    yield Sample("Excel, Unicode text", "unicode.txt", unicode.encode("utf-16"), HOURS)
    yield Sample("UTF-16 without its mark", "be.txt", unicode.encode("utf-16-be"), HOURS)
    days = (f"{b.time / 86_400 + 25_569:.9f};{';'.join(map(str, b[1:]))}".replace(".", ",") for b in HOURS)
    head = "Data;Abertura;Máxima;Mínima;Fechamento;Volume\n"
    told = "day number of a spreadsheet"
    yield Sample("Excel, day numbers", "serial.csv", lines(*days, head=head).decode().encode("cp1252"), refused=told)


def yahoo(bar: Bar) -> Iterator[str]:
    return map(brazilian, (*bar.prices, bar.close / 2, bar.volume))


def programs() -> Iterator[Sample]:
    head = "Date,PX_OPEN,PX_HIGH,PX_LOW,PX_LAST,PX_VOLUME\n"
    yield Sample("Bloomberg", "bbg.csv", lines(*(row(b, "%m/%d/%Y") for b in DAYS), head=head), DAYS)
    rows = (f"{b.at('%m/%d/%Y')},{','.join(map(str, b.prices))},1,0.1%,{b.volume}" for b in DAYS[::-1])
    foot = '"Downloaded from Barchart.com as of 02-01-2024 03:04am CST"'
    head = "Time,Open,High,Low,Last,Change,%Chg,Volume\n"
    yield Sample("Barchart", "barchart.csv", lines(*rows, foot, head=head).removesuffix(b"\n"), DAYS)
    rows = (f"{row(b, '%Y/%m/%d, %H:%M:%S', ', ')}, 1, 0, 0" for b in HOURS)
    head = "Date, Time, Open, High, Low, Last, Volume, NumberOfTrades, BidVolume, AskVolume\n"
    yield Sample("Sierra Chart", "sierra.txt", lines(*rows, head=head), HOURS)
    rows = (row(b, "%Y%m%d  %H:%M:%S") for b in HOURS)
    yield Sample("Interactive Brokers", "ib.csv", lines(*rows, head="Date,Open,High,Low,Close,Volume\n"), HOURS)
    quoted = (f'"{b.at("%Y-%m-%d")}", {", ".join(f"{chr(34)}{v}{chr(34)}" for v in b[1:])}' for b in DAYS)
    head = '"Date", "Open", "High", "Low", "Close", "Volume"\n'
    yield Sample("quotes behind blanks", "quoted.csv", lines(*quoted, head=head), DAYS)
    dollars = (f"{b.at('%Y-%m-%d')},{','.join(f'{v:.2f} USD' for v in b.prices)},{b.volume}" for b in DAYS)
    yield Sample("the money by its name", "usd.csv", lines(*dollars, head="date,open,high,low,close,volume\n"), DAYS)
    sides = ",".join(f"{side} {name}" for side in ("Bid", "Ask") for name in ("Open", "High", "Low", "Close"))
    both = (f"{row(b, '%Y-%m-%d %H:%M', volume=False)},{','.join(map(str, b.prices))},{b.volume}" for b in HOURS)
    yield Sample("bid and ask", "sides.csv", lines(*both, head=f"Time,{sides},Volume\n"), refused="Bid Open")


def platforms() -> Iterator[Sample]:
    rows = (f"{row(b, '%Y.%m.%d,%H:%M:%S', volume=False)},77,{b.volume},3" for b in HOURS)
    head = "<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>,<VOL>,<SPREAD>\n"
    yield Sample("MetaTrader 5, real volume", "WIN_H1.csv", lines(*rows, head=head).decode().encode("utf-16"), HOURS)
    rows = (f"{b.at('%Y-%m-%dT%H:%M:%SZ')},{','.join(map(str, b[1:]))},NaN,55.5,," for b in HOURS)
    head = "time,open,high,low,close,Volume,MA,RSI,Plot,Plot\n"
    yield Sample("TradingView, indicators", "tv.csv", lines(*rows, head=head), HOURS)
    rows = (f"SBER;60;{row(b, '%Y%m%d;%H%M%S', ';')}" for b in HOURS)
    head = "<TICKER>;<PER>;<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>;<VOL>\n"
    yield Sample("Finam", "finam.csv", lines(*rows, head=head), HOURS)
    rows = (f"SBER;60;{row(b, '%y%m%d;%H%M%S', ';')}" for b in HOURS)
    yield Sample("Finam, short years", "finam2.csv", lines(*rows, head=head), refused="year of two digits")
