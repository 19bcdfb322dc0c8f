"""What a decision may be: worked out from the signals that it reports, the numbers and the rules of its tree.

Trusted code, which never runs the strategy: it reads the tree (`contract`), and holds each decision against it and
against the event that was answered (`checking`). The judge does so in its gates and the trader before it acts.
"""

from __future__ import annotations

from core.allowed.checking import Check, check_of
from core.allowed.contract import Contract, contract_of, contracts_for

__all__ = ["Check", "Contract", "check_of", "contract_of", "contracts_for"]
