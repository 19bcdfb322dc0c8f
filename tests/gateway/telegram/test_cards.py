"""Every answer is a message that Telegram takes, whatever words are in it, in both languages, on a narrow phone."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from core.contracts.answers import Answer
from core.contracts.reasons import WhyShown
from core.language import Language
from services.gateway.telegram.cards.answers import card_of
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.cards.changed import gates
from services.gateway.telegram.cards.code import phone_diff
from services.gateway.telegram.context import Reader
from services.gateway.telegram.markup import plain
from services.gateway.telegram.splitting import LONGEST, split
from services.gateway.telegram.tables import PHONE, width
from services.simulator.telegram.entities import parse_html, units
from tests.gateway.telegram.samples import GATES, REASON, STATUS, made

READERS = [Reader(language, "America/Sao_Paulo") for language in Language]
TABLE = re.compile(r"<pre>(?!<code)(.*?)</pre>", re.DOTALL)


def taken(card: Card) -> list[str]:
    """What Telegram shows of it."""
    shown = [parse_html(part) for part in split(card.html)]
    assert all(units(each.text) <= LONGEST and each.entities <= 100 for each in shown)
    return [each.text for each in shown]


def test_every_kind_of_answer_is_taken_in_both_languages() -> None:
    kinds = set()
    for answer in made():
        for reader in READERS:
            card = card_of(answer, reader)
            texts = taken(card)
            assert texts or card.file, answer
            assert "\u202e" not in "".join(texts)
            kinds.add(type(answer))
    missing = {kind.__name__ for kind in get_args(Answer)} - {kind.__name__ for kind in kinds}
    assert not missing


def test_tables_align_and_fit_a_phone() -> None:
    for answer in made():
        for reader in READERS:
            if type(answer).__name__ == "LogsShown":
                continue  # lines of a program, which are read sideways
            for found in TABLE.findall(card_of(answer, reader).html):
                assert all(width(line) <= PHONE for line in plain(found).splitlines()), found


@pytest.mark.parametrize(("language", "equity", "free"), [("pt", "10.234,56", "livre"), ("en", "10,234.56", "free")])
def test_numbers_and_words_are_the_owners(language: str, equity: str, free: str) -> None:
    shown = "".join(taken(card_of(STATUS, Reader(Language(language)))))
    assert equity in shown
    assert free in shown


def test_gates_are_told_with_their_times_their_findings_and_what_was_measured() -> None:
    shown = parse_html(gates(GATES, READERS[0])).text
    assert shown.count("third") == 1
    assert "fourth" not in shown
    assert "\N{BALLOT X}" in shown
    assert "2.34" in shown or "2,34" in shown
    assert "usual" not in shown
    assert "doubled" not in shown


def test_a_long_diff_is_a_file_with_all_of_it_and_a_summary() -> None:
    cards = [card_of(answer, READERS[0]) for answer in made() if type(answer).__name__ == "DiffShown"]
    assert [bool(card.file) for card in cards[:3]] == [False, False, True]
    assert cards[2].file is not None
    assert cards[2].file.content.count(b"\n") == 40 * 42
    assert "language-diff" in cards[1].html


DIFF = """diff --git a/strategy/parameters.py b/strategy/parameters.py
index 54563a8..cf6feac 100644
--- a/strategy/parameters.py
+++ b/strategy/parameters.py
@@ -49,5 +49,5 @@ class Parameters(NamedTuple):
     # far away
     # A loss of this much closes the position.
-    stop_loss = 0.02
+    stop_loss = 0.015
     # A profit of this much closes the position.
     # far away too
@@ -80,3 +80,3 @@
     a
--- b
+++ c
     d
diff --git a/strategy/tests/test_change_c72c3fa6.py b/strategy/tests/test_change_c72c3fa6.py
new file mode 100644
--- /dev/null
+++ b/strategy/tests/test_change_c72c3fa6.py
@@ -0,0 +1,2 @@
+def test_it():
+    assert True
"""


def test_a_diff_on_a_phone_has_every_line_that_comes_or_goes_and_no_head() -> None:
    assert phone_diff(DIFF).splitlines() == [
        "@@ strategy/parameters.py @@",
        "     # A loss of this much closes the position.",
        "-    stop_loss = 0.02",
        "+    stop_loss = 0.015",
        "     # A profit of this much closes the position.",
        "@@",
        "     a",
        "--- b",
        "+++ c",
        "     d",
        "@@ strategy/tests/test_change_c72c3fa6.py +2 -0 @@",
    ]
    assert phone_diff("") == ""


def test_why_nothing_is_bought_says_first_that_its_owner_has_stopped_it() -> None:
    shown = WhyShown(pair="", at_ns=None, now=[REASON], reasons=[], runs=True)
    earlier = WhyShown(pair="", at_ns=1, now=[REASON], reasons=[], runs=True)
    for stopped, said in (("paused", "Paused: nothing is opened"), ("closing", "In panic: everything is closed"),
                          ("killed", "The kill switch is on")):  # fmt: skip
        reader = Reader(Language.EN, stopped=stopped)
        assert said in taken(card_of(shown, reader))[0]
        assert said not in taken(card_of(earlier, reader))[0]
    assert "nothing is opened" not in taken(card_of(shown, Reader(Language.EN)))[0]
