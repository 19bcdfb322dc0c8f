"""Whatever is refused is said in the owner's language, with what to do next."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from core.contracts import EditPlan, Language, RemoveIndicator, RemoveRule, SetParameter
from services import editor
from services.editor import EditRefused, edit
from services.editor.refusals import WORDING

REASONS = {name for name in WORDING.texts if not name.endswith(".hint") and not name.startswith("retold.")}


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_what_happened_and_what_to_do_are_whole_sentences(reason):
    for text in (*WORDING.texts[reason].values(), *WORDING.texts[f"{reason}.hint"].values()):
        assert text.endswith(".")


def test_every_refusal_has_its_words_and_all_words_are_used():
    said = set()
    for file in Path(editor.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and file.name != "refusals.py":
                said.add(node.value)
    assert said >= REASONS


@pytest.mark.parametrize(
    ("operation", "portuguese"),
    [
        (
            SetParameter("stop_los", value=0.03, was=0.02),
            "Não existe o parâmetro stop_los. Diga um destes: stop_loss.",
        ),
        (
            SetParameter("stop_loss", value=0.6, was=0.02),
            "stop_loss = 0.6 está fora de 0.001 a 0.5 of entry price. Diga um valor dentro dessa faixa.",
        ),
        (RemoveRule("cooldwn"), "Não existe a regra cooldwn. Diga uma destas: cooldown."),
        (
            RemoveIndicator("ema", "ema_fast"),
            "Nenhuma mudança adicionou o indicador ema_fast. Pode ser removido o que foi adicionado: -.",
        ),
    ],
)
def test_a_refusal_in_portuguese(shipped, operation, portuguese):
    with pytest.raises(EditRefused) as told:
        edit(shipped, EditPlan((operation,)), "7", Language.PT)
    assert str(told.value) == portuguese


@pytest.mark.parametrize("change", ["", "../7", "a b", "-x", "7\n", "x" * 65, "é"])
def test_an_id_that_is_no_name_of_a_file_is_our_own_mistake(shipped, change):
    with pytest.raises(ValueError, match="no id of a change"):
        edit(shipped, EditPlan((RemoveRule("cooldown"),)), change)
