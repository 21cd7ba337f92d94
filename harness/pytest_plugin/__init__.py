"""What pytest loads: recordings and scenario files as tests, and the fixture `claude`.

Every pytest run of every environment that has this package imports this module, so the rest of the
program is imported where it is first used.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.pytest_plugin.checking import Claude

_RECORDING = re.compile(rb'\s*\{\s*"format"\s*:\s*"harness\.recording/')
_SCENARIO = re.compile(rb"^pattern\b[^=\n]*=\s*Pattern\(", re.MULTILINE)
_HEADER_LIMIT = 1024 * 1024


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "harness_scenarios",
        type="paths",
        help="folders of scenario files, which are proved and used to judge (claude connector)",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix == ".jsonl" and _is_recording(file_path, parent):
        from harness.pytest_plugin.recordings import RecordingFile

        return RecordingFile.from_parent(parent, path=file_path)
    if file_path.suffix == ".py" and _is_scenario(file_path, parent):
        from harness.pytest_plugin.scenario_files import ScenarioFile

        return ScenarioFile.from_parent(parent, path=file_path)
    return None


@pytest.fixture
def claude(request: pytest.FixtureRequest, tmp_path: Path) -> "Claude":
    """Plays Claude against an MCP server: `claude.check("http://127.0.0.1:8000/mcp").connects()`."""
    from harness.pytest_plugin.checking import Claude

    return Claude(request.config, tmp_path)


def _is_recording(path: Path, parent: pytest.Collector) -> bool:
    """Named itself, or one of ours that states what it expects or lies in a folder that was named.

    The recordings that checks leave behind are no tests by themselves.
    """
    if parent.session.isinitpath(path):
        return True
    first = _start(path).partition(b"\n")[0]
    if not _RECORDING.match(first):
        return False
    here = [str(parent.config.invocation_params.dir)]  # what pytest takes when nothing is named
    return parent.config.args != here or b'"expects":' in first


def _is_scenario(path: Path, parent: pytest.Collector) -> bool:
    folders = parent.config.getini("harness_scenarios")
    asked = any(path.is_relative_to(one) for one in folders)
    return asked and _SCENARIO.search(_start(path)) is not None


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEADER_LIMIT)
    except OSError:
        return b""
