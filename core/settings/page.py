"""The settings written out: the pages `settings.md` of docs, and the commented file that `sorte config init` writes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from pydantic import BaseModel

from core.language import Language
from core.settings.facts import Fact, facts_of, written
from core.settings.naming import variable_of
from core.settings.sections import SECRETS, Settings
from core.settings.texts import say
from core.settings.words import LIMITS, default_said, meaning, section_meaning, value_said

WIDTH = 118


def page(limits: type[BaseModel], language: Language | None = None) -> str:
    """The page of every setting and of the `limits`, as Markdown, in that language or the owner's."""
    parts = [say("page.head", language, secrets=SECRETS)]
    for section, facts in by_section(facts_of(Settings)):
        title = f"[{section}]" if section else say("page.top", language)
        about = f"\n{section_meaning(section, language)}\n" if section else ""
        parts += [f"\n## {title}\n", about, "\n", *_table(facts, language)]
    about = f"{section_meaning('limits', language)} {say('page.limits', language)}"
    parts += [f"\n## limits.toml\n\n{about}\n\n", *_table(facts_of(limits, LIMITS).values(), language)]
    return "".join(parts)


def by_section(facts: Mapping[str, Fact]) -> Iterator[tuple[str, list[Fact]]]:
    """The facts of each section, by its name; those above the first section have an empty one."""
    for section, found in groupby(facts.values(), lambda fact: fact.key.rpartition(".")[0]):
        yield section, list(found)


def _table(facts: Iterable[Fact], language: Language | None) -> Iterator[str]:
    yield f"{say('page.columns', language)}\n|---|---|---|---|\n"
    for fact in facts:
        name = fact.key.rpartition(".")[2]
        about = meaning(fact, language) + (f" {say('page.live', language)}" if fact.live else "")
        default = default_said(fact, language)
        if not fact.required and fact.default not in (None, ""):
            default = f"`{default}`"
        yield f"| `{name}` | {about} | {value_said(fact, language)} | {default} |\n"


def commented_file(language: Language | None = None) -> str:
    """A `sorte.toml` that sets nothing and shows everything."""
    lines = [*_comment(say("file.head", language, secrets=SECRETS))]
    for section, facts in by_section(facts_of(Settings)):
        if section:
            lines += ["", "", f"[{section}]", *_comment(section_meaning(section, language))]
        for fact in facts:
            lines += ["", *_entry(fact, language)]
    return "\n".join(lines) + "\n"


def _entry(fact: Fact, language: Language | None) -> list[str]:
    if fact.secret:
        name = variable_of(fact.key)
        place = say("file.secret", language, name=name, file=f"{SECRETS}/{name.lower()}")
        return [*_comment(meaning(fact, language)), *_comment(place)]
    live = say("file.live", language) if fact.live else ""
    about = f"{meaning(fact, language)} ({value_said(fact, language)}{live})"
    return [*_comment(about), f"# {fact.key.rpartition('.')[2]} = {written(fact.example)}"]


def _comment(text: str) -> Iterator[str]:
    for line in text.strip().splitlines():
        yield from textwrap.wrap(line, WIDTH, initial_indent="# ", subsequent_indent="# ")
