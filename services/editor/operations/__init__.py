"""One file for each operation of a plan: `apply` edits a draft, `inverse` says which operations take it back.

`inverse` is given the files as they are before the operation; None when no operation can say it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from core.contracts import (
    AddFunction,
    AddIndicator,
    AddRule,
    DisableRule,
    EnableRule,
    Extract,
    Inline,
    Operation,
    RemoveFunction,
    RemoveIndicator,
    RemoveOverride,
    RemoveRule,
    Rename,
    ReplaceFunction,
    SetOverride,
    SetParameter,
    Upgrade,
)
from services.editor.draft import Draft
from services.editor.operations import (
    add_function,
    add_indicator,
    add_rule,
    disable_rule,
    enable_rule,
    extract,
    inline,
    remove_function,
    remove_indicator,
    remove_override,
    remove_rule,
    rename,
    replace_function,
    set_override,
    set_parameter,
    upgrade,
)

_MODULES: Final[Mapping[type[Operation], Any]] = MappingProxyType(
    {
        SetParameter: set_parameter,
        SetOverride: set_override,
        RemoveOverride: remove_override,
        AddRule: add_rule,
        RemoveRule: remove_rule,
        EnableRule: enable_rule,
        DisableRule: disable_rule,
        Rename: rename,
        AddFunction: add_function,
        ReplaceFunction: replace_function,
        RemoveFunction: remove_function,
        Extract: extract,
        Inline: inline,
        AddIndicator: add_indicator,
        RemoveIndicator: remove_indicator,
        Upgrade: upgrade,
    }
)

OPERATIONS: Final[Mapping[type[Operation], Callable[[Draft, Any], None]]] = MappingProxyType(
    {operation: module.apply for operation, module in _MODULES.items()}
)
INVERSES: Final[Mapping[type[Operation], Callable[[Mapping[str, bytes], Any], tuple[Operation, ...] | None]]] = (
    MappingProxyType({operation: module.inverse for operation, module in _MODULES.items()})
)
