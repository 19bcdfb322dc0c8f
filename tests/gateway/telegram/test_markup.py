"""Words of strangers are text, long messages are cut where nothing breaks, and columns align."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.telegram.markup import block, bold, code, escaped, plain, shown_units, worded
from services.gateway.telegram.splitting import LONGEST, split
from services.gateway.telegram.tables import PHONE, table, width
from services.simulator.telegram.entities import parse_html, units

ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)


@given(ANY)
@settings(max_examples=200)
def test_words_of_anybody_are_shown_as_they_are_and_never_a_tag(text: str) -> None:
    shown = parse_html(f"{bold(text)}\n{block(text, 'diff')}")
    assert shown.entities == 3
    assert "<" not in escaped(text)
    assert html.unescape(escaped(text)).replace("\ufffd", "") == "".join(
        letter for letter in text if letter.isprintable() or letter == "\n"
    ).replace("\ufffd", "")
    assert plain(bold(text)) == html.unescape(escaped(text))


PARTS = st.lists(
    st.tuples(st.sampled_from([escaped, bold, code, block, lambda text: block(text, "diff")]), ANY), max_size=40
)


@given(PARTS, st.integers(40, 300))
@settings(max_examples=150, deadline=None)
def test_every_part_of_a_long_message_is_taken_and_nothing_is_lost(parts: list, longest: int) -> None:
    source = "\n".join(make(text) for make, text in parts)
    cut = split(source, longest)
    for part in cut:
        assert units(parse_html(part).text) <= longest
        assert parse_html(part).text.strip()
    whole = "".join(parse_html(source).text.split())
    assert "".join("".join(parse_html(part).text.split()) for part in cut) == whole


def test_a_message_is_cut_at_line_ends_and_its_block_goes_on() -> None:
    lines = "\n".join(f"+ line {number:05} & <so>" for number in range(1000))
    parts = split(block(lines, "diff"))
    assert len(parts) > 4
    for part in parts:
        assert part.startswith('<pre><code class="language-diff">+ line')
        assert part.endswith("&lt;so&gt;</code></pre>")
        assert shown_units(part) <= LONGEST
    assert split("short <b>text</b>") == ["short <b>text</b>"]


@pytest.mark.parametrize("letter", ["\N{CHART WITH UPWARDS TREND}", "&", "<", "é"])
def test_a_line_that_is_too_long_is_cut_between_two_characters(letter: str) -> None:
    parts = split(bold(letter * 5000))
    assert "".join(parse_html(part).text for part in parts) == letter * 5000
    assert all(units(parse_html(part).text) <= LONGEST for part in parts)


def test_columns_align_and_no_line_is_wider_than_a_phone() -> None:
    rows = [
        ("BTCUSDT", "0,001", "+12,50"),
        ("ETHUSDT com um nome bem comprido mesmo", "1.234,5", "-1,2"),
        ("日本", "1", "2"),
    ]
    lines = plain(table(("par", "quanto", "ganho"), rows, right="lrr")).splitlines()
    assert len({width(line) for line in lines}) == 1
    assert all(width(line) <= PHONE for line in lines)
    assert "\N{HORIZONTAL ELLIPSIS}" in lines[2]
    assert table((), []) == ""


@given(ANY)
@settings(max_examples=200)
def test_our_own_words_hold_words_of_anybody_as_text(text: str) -> None:
    shown = worded(f"`{text}` {text} -> {text}")
    parse_html(shown)
    assert set(re.findall("<[^>]*>", shown)) <= {"<code>", "</code>"}


def test_what_is_said_to_type_is_the_command_of_the_chat_where_it_has_one() -> None:
    for text, shown in (
        ("until `sorte resume`.", "until /resume."),
        ("`sorte show 1a2b` or `sorte unkill`", "/show 1a2b or /unkill"),
        ("`sorte backtest --days 7`", "<code>sorte backtest --days 7</code>"),
        ("`sorte run` and `kill`", "<code>sorte run</code> and <code>kill</code>"),
        ("2% -> 3%", "2% → 3%"),
        ("`<b>`", "<code>&lt;b&gt;</code>"),
    ):
        assert worded(text) == shown
