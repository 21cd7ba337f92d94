"""The borders between the rooms: nothing imports upward, heavy libraries stay in their room."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("harness", "scenarios", "reference_server")

# Which of our rooms a room may import.
MAY_IMPORT = {
    "harness.model": set(),
    "harness.profiles": {"harness.model"},
    "harness.client": {"harness.model", "harness.profiles"},
    "harness.login": {"harness.model", "harness.client"},
    "harness.proxy": {"harness.model"},
    "harness.recording": {"harness.model", "harness.client"},
    "harness.diagnosis": {"harness.model", "harness.recording", "scenarios"},
    "harness.reproduce": {
        "harness.model",
        "harness.profiles",
        "harness.client",
        "harness.recording",
        "harness.diagnosis",
    },
    "harness.run": {
        "harness.reproduce",
        "harness.model",
        "harness.profiles",
        "harness.client",
        "harness.login",
        "harness.proxy",
        "harness.recording",
        "harness.diagnosis",
        "reference_server",
    },
    "harness.specification": {"harness.model", "harness.diagnosis"},
    "harness.report": {
        "harness.diagnosis",
        "harness.model",
        "harness.profiles",
        "harness.recording",
        "harness.specification",
    },
    "harness.proofs": {
        "harness.model",
        "harness.client",
        "harness.recording",
        "harness.diagnosis",
        "harness.report",
        "harness.run",
    },
    "harness.pytest_plugin": {
        "harness.model",
        "harness.recording",
        "harness.diagnosis",
        "harness.proofs",
        "harness.report",
        "harness.run",
    },
    "harness.tui": {
        "harness.model",
        "harness.profiles",
        "harness.client",
        "harness.login",
        "harness.proxy",
        "harness.recording",
        "harness.diagnosis",
        "harness.report",
        "harness.run",
    },
    "scenarios": {"harness.model", "harness.diagnosis"},
    "reference_server": {"harness.model"},
}
ONLY_IN = {
    "mitmproxy": {"harness.proxy"},
    "tornado": {"harness.proxy"},
    "httpx": {"harness.run"},
    "textual": {"harness.tui"},
    "starlette": {"reference_server"},
    "uvicorn": {"reference_server"},
    "mcp": {"reference_server"},
    "click": {"harness.cli", "harness.commands"},
}


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def room(name: str) -> str:
    return ".".join(name.split(".")[:2]) if name.startswith("harness.") else name.split(".")[0]


def test_no_room_imports_upward() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, path in modules()
        if room(name) in MAY_IMPORT
        for other in imported(path)
        if other.split(".")[0] in PACKAGES
        and room(other) not in MAY_IMPORT[room(name)] | {room(name), "harness"}
    ]
    assert wrong == []


def test_heavy_libraries_stay_in_their_room() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, path in modules()
        for other in imported(path)
        if (library := other.split(".")[0]) in ONLY_IN and room(name) not in ONLY_IN[library]
    ]
    assert wrong == []


def test_the_reference_server_shares_nothing_with_the_client_but_the_fault_seam() -> None:
    shared = {
        other
        for name, path in modules()
        if name.startswith("reference_server")
        for other in imported(path)
        if other.startswith("harness")
    }
    assert shared == {"harness.model.answer"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from harness.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        "print(sorted({'mitmproxy','textual','httpx','mcp','cryptography'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_every_pytest_run_imports_is_light() -> None:
    code = (
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        "import harness.pytest_plugin\n"
        "print(sorted(set(sys.modules) - before))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['harness', 'harness.pytest_plugin']"


def test_tree_sitter_is_not_installed() -> None:
    # Textual with tree-sitter 0.26 crashes the interpreter.
    with pytest.raises(ImportError):
        __import__("tree_sitter")
