"""What the editor cannot do, said in the owner's language: what, to what, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from core.contracts import Language
from core.errors import SorteError


class EditRefused(SorteError):  # noqa: N818 - nothing went wrong: it is an answer
    """An edit that was not made; no file was touched. `reason` is a key of TEXTS, `about` what its words speak of."""

    def __init__(self, reason: str, language: Language = Language.EN, **about: object) -> None:
        message, hint = (text.format_map(about) for text in TEXTS[reason][language])
        super().__init__(message, hint)
        self.reason = reason
        self.about = about

    def told_in(self, language: Language) -> EditRefused:
        """The same refusal in that language."""
        return EditRefused(self.reason, language, **self.about)


def nearest(name: str, known: Iterable[str]) -> str:
    """The names that may have been meant, or all when none is near."""
    names = sorted(known)
    return ", ".join(difflib.get_close_matches(name, names, n=3) or names) or "-"


TEXTS: Final[Mapping[str, Mapping[Language, tuple[str, str]]]] = MappingProxyType(
    {
        reason: MappingProxyType({Language.EN: english, Language.PT: portuguese})
        for reason, english, portuguese in (
            (
                "unknown_parameter",
                ("There is no parameter {name}.", "Say one of these: {near}."),
                ("Não existe o parâmetro {name}.", "Diga um destes: {near}."),
            ),
            (
                "unknown_rule",
                ("There is no rule {name}.", "Say one of these: {near}."),
                ("Não existe a regra {name}.", "Diga uma destas: {near}."),
            ),
            (
                "unknown_feature",
                ("A rule cannot speak of {name}.", "It may speak of: {near}."),
                ("Uma regra não pode falar de {name}.", "Ela pode falar de: {near}."),
            ),
            (
                "unknown_function",
                ("There is no function {name}.", "Say one of these: {near}."),
                ("Não existe a função {name}.", "Diga uma destas: {near}."),
            ),
            (
                "out_of_range",
                ("{name} = {value} is outside {low} to {high} {unit}.", "Say a value in that range."),
                ("{name} = {value} está fora de {low} a {high} {unit}.", "Diga um valor dentro dessa faixa."),
            ),
            (
                "not_whole",
                ("{name} = {value} must be a whole number of {unit}.", "Say a number without a fraction."),
                ("{name} = {value} precisa ser um número inteiro de {unit}.", "Diga um número sem fração."),
            ),
            (
                "stale",
                ("{name} is {now}, and no more {was} as when this was worked out.", "Say again what it should be."),
                ("{name} é {now}, e não mais {was} como quando isto foi calculado.", "Diga de novo qual deve ser."),
            ),
            (
                "same_value",
                ("{name} is {value} already.", "Nothing was changed; say another value."),
                ("{name} já é {value}.", "Nada foi mudado; diga outro valor."),
            ),
            (
                "rule_exists",
                ("There is a rule {name} already.", "Give the new rule another name, or remove that one first."),
                ("Já existe uma regra {name}.", "Dê outro nome à nova regra, ou remova aquela antes."),
            ),
            (
                "rule_enabled",
                ("The rule {name} is in force already.", "Nothing was changed."),
                ("A regra {name} já está em vigor.", "Nada foi mudado."),
            ),
            (
                "rule_disabled",
                ("The rule {name} is disabled already.", "Nothing was changed; it can be enabled or removed."),
                ("A regra {name} já está desativada.", "Nada foi mudado; ela pode ser ativada ou removida."),
            ),
            (
                "rule_used",
                ("{user} calls the rule {name}, so it cannot be removed.", "Change {user} first."),
                ("{user} chama a regra {name}, então ela não pode ser removida.", "Mude {user} antes."),
            ),
            (
                "bad_name",
                (
                    "{name!r} cannot be a name.",
                    "Use small letters without accents, digits and _, up to 60, a letter first, and no word of Python.",
                ),
                (
                    "{name!r} não pode ser um nome.",
                    "Use letras minúsculas sem acento, dígitos e _, até 60, letra no começo; nada que seja do Python.",
                ),
            ),
            (
                "name_taken",
                ("The name {name} stands for something else already.", "Choose another name."),
                ("O nome {name} já tem outro sentido.", "Escolha outro nome."),
            ),
            (
                "protected",
                ("{name} is what holds the strategy together and is not edited.", "Change a rule, or a number."),
                ("{name} é o que sustenta a estratégia e não é editado.", "Mude uma regra, ou um número."),
            ),
            (
                "with_itself",
                ("The condition compares {name} with itself.", "Compare it with a number or another feature."),
                ("A condição compara {name} consigo mesmo.", "Compare com um número ou com outra grandeza."),
            ),
            (
                "always_true",
                (
                    "{text}: no market was found where this is not so.",
                    "Say a condition that is sometimes true and sometimes not.",
                ),
                (
                    "{text}: não se achou mercado em que isto não valha.",
                    "Diga uma condição que às vezes vale e às vezes não.",
                ),
            ),
            (
                "never_true",
                (
                    "{text}: no market was found where this is so.",
                    "Say a condition that is sometimes true and sometimes not.",
                ),
                (
                    "{text}: não se achou mercado em que isto valha.",
                    "Diga uma condição que às vezes vale e às vezes não.",
                ),
            ),
            (
                "tangled_condition",
                ("The condition has too many branches to be tested.", "Say it as two or three simpler rules."),
                ("A condição tem ramos demais para ser testada.", "Diga em duas ou três regras mais simples."),
            ),
            (
                "odd_number",
                ("{value} is no number that a person can check in a rule.", "Say one with fewer digits."),
                ("{value} não é um número que se possa conferir numa regra.", "Diga um com menos dígitos."),
            ),
            (
                "no_crossing",
                (
                    "A rule cannot yet tell that one thing crosses another: it sees one event, not the one before.",
                    "Say it as a state: above or below, for as long as it is so.",
                ),
                (
                    "Uma regra ainda não sabe dizer que uma coisa cruza outra: ela vê um evento, não o anterior.",
                    "Diga como estado: acima ou abaixo, enquanto for assim.",
                ),
            ),
            (
                "no_indicators",
                (
                    "Indicators cannot be added or removed yet ({name}).",
                    "Rules can use what there is: {near}. Nothing was changed.",
                ),
                (
                    "Indicadores ainda não podem ser adicionados nem removidos ({name}).",
                    "As regras podem usar o que existe: {near}. Nada foi mudado.",
                ),
            ),
            (
                "function_shape",
                (
                    "The code for {name} is not just one function of that name below @kernel (line {line}).",
                    "Write `@kernel`, `def {name}(...)` and its body; no import, class, or other function.",
                ),
                (
                    "O código de {name} não é só uma função com esse nome abaixo de @kernel (linha {line}).",
                    "Escreva `@kernel`, `def {name}(...)` e o corpo; nada de import, classe ou outra função.",
                ),
            ),
            (
                "function_signature",
                ("{name} must take and return {wanted}.", "Keep what its callers rely on."),
                ("{name} precisa receber e devolver {wanted}.", "Mantenha aquilo de que quem a chama depende."),
            ),
            (
                "function_stranger",
                ("{name} uses {stranger}, which {file} does not know.", "Use what the file has: {near}."),
                ("{name} usa {stranger}, que {file} não conhece.", "Use o que o arquivo tem: {near}."),
            ),
            (
                "unreadable",
                (
                    "{file} cannot be read and written back byte for byte.",
                    "Save it as UTF-8 without a byte order mark or blanks on empty lines at its end; check its syntax.",
                ),
                (
                    "{file} não pode ser lido e escrito de volta byte a byte.",
                    "Salve em UTF-8, sem marca de ordem de bytes nem espaços nas linhas vazias do fim; veja a sintaxe.",
                ),
            ),
            (
                "broken",
                ("The strategy cannot be read: {error}.", "Go back to the last version that worked."),
                ("A estratégia não pode ser lida: {error}.", "Volte à última versão que funcionava."),
            ),
            (
                "upgrade_conflict",
                (
                    "You and the new release both changed {places}.",
                    "Your strategy trades on as it is. Take your lines back there, upgrade, and say them anew.",
                ),
                (
                    "Você e a nova versão mudaram o mesmo lugar: {places}.",
                    "Sua estratégia segue como está. Desfaça ali as suas linhas, atualize e peça-as de novo.",
                ),
            ),
            (
                "upgrade_unknown",
                ("The strategy {frame} is not one that this release knows.", "Ask for the upgrade again."),
                ("A estratégia {frame} não é uma que esta versão conheça.", "Peça a atualização de novo."),
            ),
            (
                "nothing",
                ("The plan changes nothing.", "Say what should be different."),
                ("O plano não muda nada.", "Diga o que deve ficar diferente."),
            ),
        )
    }
)
"""Reason to message and hint. `{near}` is a list of names."""
