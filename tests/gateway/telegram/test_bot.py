"""The real bot before a simulated Telegram, from an update to what is asked of the commander and what is shown."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.telegram.rig import OWNER, rigged
from tests.gateway.warped import warped


def test_a_command_is_answered_and_its_figures_can_be_shown_anew(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            status = await rig.say("/status")
            assert "10,234.56" in status.text
            assert rig.line.asked[-1].owner == f"telegram:{OWNER}"
            assert rig.line.asked[-1].message.startswith(f"telegram:{OWNER}:")
            await rig.press(status, "Reload")
            assert rig.asked.count("status") == 2
            assert len(rig.sent) == 1
