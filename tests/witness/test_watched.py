"""The real Claude Code connects through a watch to a server nobody here wrote."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "foreign"))

from servers import FOREIGN, free_ports, installable, serving
from watching import watching

from harness.client.choices import Choices
from harness.model.verdict import Verdict
from harness.run.check import Plan
from harness.run.witness import witnessed

FASTMCP = next(one for one in FOREIGN if one.name == "fastmcp")


@pytest.mark.skipif(not installable(FASTMCP), reason="no python here")
async def test_it_is_recognised_with_its_version(claude: Path, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with serving(FASTMCP, public=f"http://127.0.0.1:{port}") as served:
        async with watching(tmp_path, served.origins[0][1], port=port) as running:
            plan = Plan(choices=Choices(target=f"{running.url}/mcp"))
            outcome = await witnessed(plan, binary=claude)
            assert outcome.diagnosis.verdict is Verdict.CONNECTS, outcome.diagnosis.headline
            code, out, attempts = await running.end()
    assert code == 0, out
    (attempt,) = attempts
    assert (attempt["surface"], attempt["verdict"]) == ("claude-code", "connects")
    assert "Claude Code 2." in out
    status = {one["step"]: one["status"] for one in attempt["steps"]}
    for step in ("challenge", "registration", "authorize", "token", "connect", "session"):
        assert status[step] in ("ok", "warn"), (step, out)
    assert not [one for one in attempt["findings"] if one["impact"] == "breaks"]
