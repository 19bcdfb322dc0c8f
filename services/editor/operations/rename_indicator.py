"""Give an indicator that was added another name: its fields, its function and its features, wherever they are used.

Every name of it is a word of its own (`ema_200`, `WARM_EMA_200`, `ema_200_ring`), taken by `add_indicator` only when
nothing else was called so, and is exchanged token by token, in code and tests alike.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator, Mapping

from core.contracts import Rename
from core.symbols import INDICATORS_FILE, Indicator
from services.editor.draft import Draft
from services.editor.formulas import lines_of
from services.editor.operations.add_indicator import brought_by, check_free
from services.editor.proofs import ENDINGS, Thing, change_of, functions, generated, render
from services.editor.refusals import EditRefused, nearest


def rename(draft: Draft, operation: Rename) -> None:
    """Exchange the names, and say so in a test."""
    old, new = operation.old, operation.new
    known = draft.symbols.indicators
    if old not in known:
        raise EditRefused("unknown_indicator", name=old, near=nearest(old, known))
    draft.check_name(new, INDICATORS_FILE)
    check_free(draft, new, lines_of(known[old].kind, new, known[old].parameters, known[old].timeframe))
    names = dict(zip(_names(known[old], old), _names(known[old], new), strict=True))
    ours = [file for file in generated(draft.files) if _is_ours(draft.files, file)]
    draft.write_bytes({file: _exchanged(data, names) for file, data in draft.files.items() if file.endswith(".py")})
    for file in ours:  # by the alphabet of the new names
        draft.write_bytes({file: render(change_of(file), functions(draft.files[file]))})
    draft.proofs.claim(Thing("indicator", new, "name"), now=new, was=old)


def _names(indicator: Indicator, name: str) -> Iterator[str]:
    """All that it is called by under that name, in an order that does not depend on it."""
    yield from brought_by(name, lines_of(indicator.kind, name, indicator.parameters, indicator.timeframe))
    yield from (f"test_indicator_{name}_{ending}" for ending in ENDINGS.values())


def _is_ours(files: Mapping[str, bytes], file: str) -> bool:
    return render(change_of(file), functions(files[file])) == files[file]


def _exchanged(data: bytes, names: Mapping[str, str]) -> bytes:
    """The file with each name, and each text that is just one, replaced."""
    if not any(name.encode() in data for name in names):
        return data
    text = data.decode()
    lines = text.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text, newline="").readline))):
        bare = token.string.strip("\"'")
        if token.type in (tokenize.NAME, tokenize.STRING) and bare in names:
            row, left, right = token.start[0] - 1, token.start[1], token.end[1]
            lines[row] = lines[row][:left] + token.string.replace(bare, names[bare]) + lines[row][right:]
    return "".join(lines).encode()
