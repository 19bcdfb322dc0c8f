"""One sentence's answer against what was expected of it. Answers are the objects that `--json` prints."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from bench.language.held_out import Answer, Sentence
from bench.language.likeness import same_action, same_plan

CHANGING: Final = frozenset({"rollback", "pause", "resume", "panic", "close", "setting"})
"""Actions that do something; the others only show."""


class Judged(StrEnum):
    """What became of a sentence; the worst that is true of it."""

    RIGHT = "right"  # the plan, action, question or silence that was expected
    OFFERED = "offered"  # a question where a plan was expected, and its first offer is that plan
    ASKED = "asked"  # a question or a refusal that changes nothing and helps less than it could
    OTHER = "other answer"  # something else is shown than what was asked for
    WRONG_OFFER = "wrong first offer"
    TRAPPED = "edit offered in a trap"
    WRONG_PLAN = "wrong plan"  # or a deed that nobody asked for


def judged(expected: Sentence, got: dict[str, Any]) -> Judged:
    """Of one sentence."""
    if got["status"] in ("plan", "action"):
        return _done(expected, got)
    offers = got.get("offers") or []
    if expected.want == "nothing":
        return _nothing(expected, offers)
    if not offers:
        return Judged.RIGHT if got["status"] == "ask" and expects_open(expected) else Judged.ASKED
    if not any(meets(offers[0], answer) for answer in expected.answers):
        return Judged.WRONG_OFFER
    return Judged.OFFERED if expected.want == "do" else Judged.RIGHT


def expects_open(expected: Sentence) -> bool:
    """Whether a question without an offer is what was expected."""
    return any(answer.open for answer in expected.answers)


def _done(expected: Sentence, got: dict[str, Any]) -> Judged:
    harmless = got["status"] == "action" and got["action"]["name"] not in CHANGING
    if expected.want in ("do", "either") and any(meets(got, answer) for answer in expected.answers):
        return Judged.RIGHT
    if not harmless:
        return Judged.WRONG_PLAN
    return Judged.RIGHT if expected.want == "nothing" else Judged.OTHER


def _nothing(expected: Sentence, offers: list[dict[str, Any]]) -> Judged:
    if expected.trap and any(edits(offer) for offer in offers):
        return Judged.TRAPPED
    return Judged.WRONG_OFFER if any(edits(offer) or changes(offer) for offer in offers) else Judged.RIGHT


def edits(meant: dict[str, Any]) -> bool:
    """Whether an answer or offer is an edit plan."""
    return meant.get("plan") is not None


def changes(meant: dict[str, Any]) -> bool:
    """Whether it is an action that does more than show."""
    return meant.get("action") is not None and meant["action"]["name"] in CHANGING


def meets(meant: dict[str, Any], answer: Answer, *, was: bool = True) -> bool:
    """Whether an answer or an offer is the one that was expected."""
    if answer.plan is not None:
        return meant.get("plan") is not None and same_plan(meant["plan"]["operations"], answer.plan, was=was)
    if answer.action is not None and meant.get("action") is not None:
        return same_action(meant["action"], answer.action, any_args=answer.any_args)
    return False


def shown(meant: dict[str, Any]) -> str:
    """An answer in a few words, for the list of failures."""
    if meant.get("plan") is not None:
        return "; ".join(_operation(each) for each in meant["plan"]["operations"])
    if meant.get("action") is not None:
        action = meant["action"]
        return "/" + " ".join([action["name"], *(f"{key}={value}" for key, value in action["args"].items())])
    offers = meant.get("offers") or []
    if offers:
        return "offers " + " | ".join(shown(offer) for offer in offers)
    return f"{meant['status']}: {meant.get('question') or meant.get('reason')}"


def wanted(answers: tuple[Answer, ...]) -> str:
    """What was expected, likewise."""
    named = [
        "an open question"
        if answer.open
        else shown({"plan": {"operations": answer.plan} if answer.plan is not None else None, "action": answer.action})
        for answer in answers
    ]
    return " or ".join(named) or "no edit"


def _operation(operation: dict[str, Any]) -> str:
    kind = operation["operation"]
    if kind == "set_parameter":
        return f"{operation['name']}={operation['value']:g}"
    if kind == "add_rule":
        return f"{operation['side']} {operation['effect']} {_condition(operation['when'])}"
    if kind == "add_indicator":
        return f"add {operation['name']}"
    return " ".join([kind, *(str(value) for key, value in operation.items() if key != "operation")])


def _condition(when: dict[str, Any]) -> str:
    for joined, word in (("all", " and "), ("any", " or ")):
        if when.get(joined):
            return "(" + word.join(_condition(branch) for branch in when[joined]) + ")"
    other = when.get("other")
    against = f"{when['value']:g}" if other is None else f"{when['factor']:g} {other}" if when.get("factor") else other
    return f"{when['feature']} {when.get('op') or 'crosses ' + when['cross']} {against}"
