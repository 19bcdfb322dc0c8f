"""Numbers and amounts as people write them: `2,5`, `1.234,56`, `trinta e cinco`, `one and a half`, `25 bps`, `1h30`.

Arithmetic is decimal, so that 3 % is 0.03 and nothing else. A number that two countries read differently (`1.500`)
keeps both readings, and whoever uses it has to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from services.interpreter.grammar.lexicon import Lexicon, data
from services.interpreter.grammar.normalise import Kind, Token

MOST_DIGITS: Final = 15
"""What a float holds exactly; more is no number that a person tunes."""
SECONDS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}
HALF: Final = Decimal("0.5")
HALVED: Final = ("points", "points_percent", "deviations")
"""Units that `and a half` follows, as it follows those of time: `a point and a half`."""
OF: Final = frozenset({"of", "de", "do", "da"})
EXACT_PARTS: Final = frozenset({4, 5, 8, 10})
"""Parts that decimals write to the end."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount with its unit: `percent`, `points_percent`, `bps`, `points`, `bars`, `deviations`, `seconds`, `factor`.

    The unit is empty for a bare number. Times are in seconds, whatever was said. `readings`: what the digits may mean.
    """

    readings: tuple[Decimal, ...]
    unit: str = ""
    said: str = ""

    @property
    def number(self) -> Decimal:
        """The one reading, or the first of several."""
        return self.readings[0]


def digits(raw: str) -> tuple[Decimal, ...]:
    """What `1.234,56` may mean: one reading, two when the separator is ambiguous, none when it is no number."""
    if sum(character.isdigit() for character in raw) > MOST_DIGITS:
        return ()
    dots, commas = raw.count("."), raw.count(",")
    if not dots and not commas:
        return (Decimal(raw),)
    if dots and commas:
        mark = max(".", ",", key=raw.rfind)
        other = "," if mark == "." else "."
        whole, _, fraction = raw.rpartition(mark)
        return (Decimal(whole.replace(other, "") + "." + fraction),) if _grouped(whole, other) else ()
    mark = "." if dots else ","
    if dots + commas > 1:
        return (Decimal(raw.replace(mark, "")),) if _grouped(raw, mark) else ()
    plain = Decimal(raw.replace(mark, "."))
    return (plain, Decimal(raw.replace(mark, ""))) if _grouped(raw, mark) else (plain,)


def _grouped(whole: str, mark: str) -> bool:
    first, *groups = whole.split(mark)
    return first.isdigit() and not first.startswith("0") and len(first) <= 3 and all(len(g) == 3 for g in groups)


def numbers_at(tokens: Sequence[Token], start: int, lexicon: Lexicon) -> Iterator[tuple[tuple[Decimal, ...], int]]:
    """The longest number that begins at a token, with its sign: its readings and where it ends. At most one."""
    sign, first = _sign(tokens, start, lexicon)
    if first >= len(tokens):
        return
    if tokens[first].kind is Kind.NUMBER:
        readings, end = () if _follows_a_word(tokens, first) else digits(tokens[first].key), first + 1
    else:
        word = _words(tokens, first, lexicon)
        if word is None:
            return
        readings, end = (word[0],), word[1]
    if not readings:
        return
    scale, end = _scale(tokens, end, lexicon)
    tail = _half_after(tokens, end, lexicon)
    if tail:
        readings, end = tuple(reading + HALF for reading in readings), tail
    yield tuple(sign * scale * reading for reading in readings), end


def _follows_a_word(tokens: Sequence[Token], start: int) -> bool:
    """Whether a point that begins a number may be a full stop as well: `stop.5%`, `stop...5%`."""
    point = tokens[start].key.startswith(".") and start > 0 and tokens[start - 1].end == tokens[start].start
    return point and (tokens[start - 1].kind is not Kind.MARK or tokens[start - 1].key == ".")


def _sign(tokens: Sequence[Token], start: int, lexicon: Lexicon) -> tuple[int, int]:
    token = tokens[start]
    if token.key in lexicon.number("minus"):
        return -1, start + 1
    if token.key == "-" and start + 1 < len(tokens):
        glued_before = start > 0 and tokens[start - 1].end == token.start
        if tokens[start + 1].start == token.end and not glued_before:
            return -1, start + 1
    return 1, start  # a plus is no sign: `ema_fast +2` says by how much, `set it to +2` the value


def _scale(tokens: Sequence[Token], end: int, lexicon: Lexicon) -> tuple[int, int]:
    if end < len(tokens) and tokens[end - 1].kind is Kind.NUMBER:
        if tokens[end].key in lexicon.number("thousand"):
            return 1000, end + 1
        if tokens[end].key in lexicon.number("million"):
            return 1_000_000, end + 1
    return 1, end


def _words(tokens: Sequence[Token], start: int, lexicon: Lexicon) -> tuple[Decimal, int] | None:
    """`trinta e cinco`, `two hundred and fifty thousand`, `dois virgula cinco`, `half`."""
    key = tokens[start].key
    if key in lexicon.number("half"):
        after = start + 1
        if after < len(tokens) and tokens[after].key in lexicon.number("half_article"):
            after += 1
        return HALF, after
    total, current, last, position, end = 0, 0, 10**9, start, start
    while position < len(tokens):
        key = tokens[position].key
        if key in lexicon.cardinals:
            value = lexicon.cardinals[key]
            if value >= _magnitude(last):
                break
            current, last = current + value, value
        elif key in lexicon.number("hundred") and current < 10 and last > 0:
            current, last = max(current, 1) * 100, 100
        elif key in lexicon.number("thousand") and key != "k" and total == 0:
            total, current, last = max(current, 1) * 1000, 0, 1000
        elif key in lexicon.number("million") and key != "mi" and total == 0 and current:
            total, current, last = current * 1_000_000, 0, 1_000_000
        elif key in lexicon.number("and") and end == position and end > start and last > 1:
            position += 1
            continue
        else:
            break
        position += 1
        end = position
    if end == start:
        return None
    return _decimals(tokens, end, Decimal(total + current), lexicon)


def _magnitude(last: int) -> int:
    """What may follow a number word is smaller than its last digit's place: units after tens, tens after hundreds."""
    if last >= 100:
        return int("1" + "0" * (len(str(last)) - 1))
    return 10 if last >= 20 else 0


def _decimals(tokens: Sequence[Token], end: int, whole: Decimal, lexicon: Lexicon) -> tuple[Decimal, int]:
    if end + 1 >= len(tokens) or tokens[end].key not in lexicon.number("point"):
        return whole, end
    figures, position = "", end + 1
    while position < len(tokens):
        token = tokens[position]
        value = lexicon.cardinals.get(token.key)
        if value is None or (figures and value > 9):
            break
        figures += str(value)
        position += 1
        if value > 9:
            break
    return (Decimal(f"{whole}.{figures}"), position) if figures else (whole, end)


def _half_after(tokens: Sequence[Token], end: int, lexicon: Lexicon) -> int:
    """Where `e meio`, `and a half` ends after a number or its unit; 0 when it does not follow."""
    keys = [token.key for token in tokens[end : end + 3]]
    if len(keys) >= 2 and keys[0] in lexicon.number("and"):
        if keys[1] in lexicon.number("half"):
            return end + 2
        if len(keys) == 3 and keys[1] in lexicon.number("half_article") and keys[2] in lexicon.number("half"):
            return end + 3
    return 0


def quantities_at(tokens: Sequence[Token], start: int, lexicon: Lexicon, lower: str) -> Iterator[tuple[Quantity, int]]:
    """Every amount that begins at a token: the bare number, the number with its unit, a time of several units."""
    if tokens[start].key in lexicon.number("half_article"):  # `a minute and a half`
        for unit, after in lexicon.units_at(tokens, start + 1):
            for quantity, last in _with_unit(tokens, (Decimal(1),), unit, after, lexicon):
                if unit in (*SECONDS, *HALVED):
                    yield replace(quantity, said=lower[tokens[start].start : tokens[last - 1].end]), last
    for readings, end in numbers_at(tokens, start, lexicon):
        if tokens[start].key not in lexicon.number("half"):  # `half` alone is a factor, and no amount
            yield Quantity(readings, "", lower[tokens[start].start : tokens[end - 1].end]), end
        for unit, after in lexicon.units_at(tokens, end):
            for quantity, last in _with_unit(tokens, readings, unit, after, lexicon):
                yield replace(quantity, said=lower[tokens[start].start : tokens[last - 1].end]), last
    for quantity, last in (*_part_of_unit(tokens, start, lexicon), *_with_part(tokens, start, lexicon)):
        yield replace(quantity, said=lower[tokens[start].start : tokens[last - 1].end]), last


def _with_part(tokens: Sequence[Token], start: int, lexicon: Lexicon) -> Iterator[tuple[Quantity, int]]:
    """`One and a quarter percent`."""
    for readings, end in numbers_at(tokens, start, lexicon):
        if len(readings) == 1 and end + 1 < len(tokens) and tokens[end].key in lexicon.number("and"):
            for part, last in _part_of_unit(tokens, end + 1, lexicon, whole=False):
                seconds = next((unit for unit, _ in _units_before(tokens, last, lexicon)), 1)
                yield Quantity((readings[0] * seconds + part.number,), part.unit), last


def _units_before(tokens: Sequence[Token], end: int, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """How many seconds the unit has that ends there."""
    for start in range(max(0, end - 2), end):
        for unit, last in lexicon.units_at(tokens, start):
            if last == end:
                yield SECONDS.get(unit, 1), start


def _part_of_unit(
    tokens: Sequence[Token], start: int, lexicon: Lexicon, *, whole: bool = True
) -> Iterator[tuple[Quantity, int]]:
    """`A quarter of an hour`, `um quarto de desvio`; half a unit and `one and a quarter` are numbers of their own."""
    if (
        whole
        and start > 1
        and tokens[start - 1].key in lexicon.number("and")
        and _is_number(tokens[start - 2], lexicon)
    ):
        return
    parts = data()["fractions"][lexicon.language.value]
    articles = lexicon.number("half_article")
    above = lexicon.cardinals.get(tokens[start].key, 1)
    place = start + (tokens[start].key in articles or tokens[start].key in lexicon.cardinals)
    below = parts.get(tokens[place].key) if place < len(tokens) else None
    if below is None or below == 2 or not 0 < above < below:
        return
    place += 1
    while place < len(tokens) and (tokens[place].key in articles or tokens[place].key in OF):
        place += 1
    for unit, end in lexicon.units_at(tokens, place) if place < len(tokens) else ():
        if unit in SECONDS:
            yield Quantity((Decimal(above * SECONDS[unit]) / below,), "seconds"), end
        elif below in EXACT_PARTS:
            yield Quantity((Decimal(above) / below,), unit), end


def _is_number(token: Token, lexicon: Lexicon) -> bool:
    return token.kind is Kind.NUMBER or token.key in lexicon.cardinals


def _with_unit(
    tokens: Sequence[Token], readings: tuple[Decimal, ...], unit: str, after: int, lexicon: Lexicon
) -> Iterator[tuple[Quantity, int]]:
    if unit not in SECONDS:
        half = _half_after(tokens, after, lexicon) if unit in HALVED else 0
        if half:
            yield Quantity(tuple(reading + HALF for reading in readings), unit), half
        yield Quantity(readings, unit), after
        return
    seconds = tuple(reading * SECONDS[unit] for reading in readings)
    half = _half_after(tokens, after, lexicon)
    if half:
        yield Quantity(tuple(s + HALF * SECONDS[unit] for s in seconds), "seconds"), half
        return
    for further, last in _smaller_time(tokens, after, unit, lexicon):
        yield Quantity(tuple(s + further for s in seconds), "seconds"), last
        return
    yield Quantity(seconds, "seconds"), after


def _smaller_time(tokens: Sequence[Token], after: int, unit: str, lexicon: Lexicon) -> Iterator[tuple[Decimal, int]]:
    """The minutes of `1 hour and 30 minutes`, `1h30`."""
    glued = after < len(tokens) and tokens[after].kind is Kind.NUMBER and tokens[after - 1].end == tokens[after].start
    if glued and unit in ("hours", "minutes"):
        for readings, end in numbers_at(tokens, after, lexicon):
            unit_here = next(lexicon.units_at(tokens, end), None)
            if unit_here is None and len(readings) == 1:
                yield readings[0] * SECONDS[unit] / 60, end
    start = after + 1 if after < len(tokens) and tokens[after].key in lexicon.number("and") else after
    if start < len(tokens):
        for readings, end in numbers_at(tokens, start, lexicon):
            for smaller, last in lexicon.units_at(tokens, end):
                if smaller in SECONDS and SECONDS[smaller] < SECONDS[unit] and len(readings) == 1:
                    yield readings[0] * SECONDS[smaller], last
                    return
