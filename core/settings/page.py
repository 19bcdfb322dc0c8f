"""The settings written out: the page `docs/settings.md`, and the commented file that `sorte config init` writes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from pydantic import BaseModel

from core.settings.facts import Fact, facts_of, sections_of, written
from core.settings.naming import variable_of
from core.settings.sections import SECRETS, Settings

WIDTH = 118
ABOUT = f"""\
Settings of Sorte. A line that begins with "# key =" shows the default: take the # away to set the key yourself.
An environment variable of the key's name (SORTE_TRADER__MODE) and a secret file in {SECRETS} win over this file.
`sorte config check` finds what is wrong here, `sorte config show` tells what is in force and where it comes from."""
PAGE = """\
# Settings

Sorte needs none: every key has a default. A key is set in `sorte.toml` in the folder where Sorte starts, by an
environment variable, or, for secrets, by a file in `{secrets}`. The first of these that names a key wins: option of the
command, variable, secret file, `sorte.toml`, default. The variable of `trader.mode` is `SORTE_TRADER__MODE`. A key that
Sorte does not know refuses to start, and the refusal names the key that may be meant.

```
$ sorte config show                               # what is in force, and where each value comes from
$ sorte config explain commander.watch_seconds    # one key: meaning, unit, range, default, how to set it
$ sorte config check                              # every fault of sorte.toml and limits.toml, with its line
$ sorte config init                               # writes a commented sorte.toml; never over one that is there
$ sorte config import FILE                        # takes a .env or config.yaml of an earlier agent of yours
```

"Live" keys change while Sorte runs, as soon as `sorte.toml` is saved: each change is told with the value before and
after, and writing the old value back undoes it. A file with a fault changes nothing and is told once. The other keys
take effect at the next start, and so does every key that a variable or secret file sets.

This page is made by `sorte config explain --all`.
"""


def page(limits: type[BaseModel]) -> str:
    """The page of every setting and of the `limits`, as Markdown."""
    sections = sections_of(Settings)
    parts = [PAGE.format(secrets=SECRETS)]
    for section, facts in by_section(facts_of(Settings)):
        title = f"[{section}]" if section else "Above the first section"
        parts += [f"\n## {title}\n", f"\n{sections[section]}\n" if section else "", "\n", *_table(facts)]
    about = (limits.__doc__ or "").strip()
    parts += [f"\n## limits.toml\n\n{about} No command edits it, and none of its keys is live.\n\n"]
    parts += _table(facts_of(limits).values())
    return "".join(parts)


def by_section(facts: Mapping[str, Fact]) -> Iterator[tuple[str, list[Fact]]]:
    """The facts of each section, by its name; those above the first section have an empty one."""
    for section, found in groupby(facts.values(), lambda fact: fact.key.rpartition(".")[0]):
        yield section, list(found)


def _table(facts: Iterable[Fact]) -> Iterator[str]:
    yield "| key | what it does | value | default |\n|---|---|---|---|\n"
    for fact in facts:
        name = fact.key.rpartition(".")[2]
        live = " Live." if fact.live else ""
        default = fact.default_said if fact.required or fact.default in (None, "") else f"`{fact.default_said}`"
        yield f"| `{name}` | {fact.text}{live} | {value_said(fact)} | {default} |\n"


def value_said(fact: Fact) -> str:
    """What may be given: kind or choices, unit, range."""
    kind = "secret text" if fact.secret else fact.kind
    if fact.range.startswith("one of"):
        return fact.range
    return ", ".join(part for part in (kind if not fact.unit else "", fact.unit, fact.range) if part)


def commented_file() -> str:
    """A `sorte.toml` that sets nothing and shows everything."""
    lines = [*_comment(ABOUT)]
    sections = sections_of(Settings)
    for section, facts in by_section(facts_of(Settings)):
        if section:
            lines += ["", "", f"[{section}]", *_comment(sections[section])]
        for fact in facts:
            lines += ["", *_entry(fact)]
    return "\n".join(lines) + "\n"


def _entry(fact: Fact) -> list[str]:
    limits = "" if fact.secret else f"({value_said(fact)}{'; live' if fact.live else ''})"
    about = _comment(f"{fact.text} {limits}")
    if fact.secret:
        name = variable_of(fact.key)
        return [*about, *_comment(f"A secret: give it as the variable {name} or the file {SECRETS}/{name.lower()}.")]
    return [*about, f"# {fact.key.rpartition('.')[2]} = {written(fact.example)}"]


def _comment(text: str) -> Iterator[str]:
    for line in text.strip().splitlines():
        yield from textwrap.wrap(line, WIDTH, initial_indent="# ", subsequent_indent="# ")
