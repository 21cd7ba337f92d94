"""A broken scenario file is named with its place, and the others still work."""

from pathlib import Path

import pytest

from harness.diagnosis.catalogue import load
from harness.diagnosis.diagnose import diagnose
from harness.model.trace import Trace

GOOD = '''"""A made-up failure.

What happens
    Something.

Why it breaks
    Because.

Fix
    Do it.
"""

from harness.diagnosis.pattern import Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES},
    confidence=Confidence.GUESS,
    explains=("token.issued",),
    sources=(Source("here", seen="2026-01-01"),),
)


@pattern.detect
def detect(trace):
    yield Evidence(exchange=1, place="failure", quote="seen")
'''


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / "token" / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("def (:\n", 1, "SyntaxError"),
        (GOOD.replace("Fix\n", "Remedy\n"), 0, "headings are"),
        (GOOD.replace('"token.issued"', '"token.nope"'), 0, "unknown contract rows: token.nope"),
        (GOOD.replace("pattern =", "other =").split("@pattern")[0], 0, "defines no pattern"),
        (GOOD.replace("Step.TOKEN", "Step.NOWHERE"), 18, "NOWHERE"),
        ("raise SystemError('boom')\n", 1, "boom"),
    ],
    ids=["syntax", "heading", "row", "no pattern", "wrong name", "raises"],
)
def test_a_broken_file_is_named_and_the_others_work(
    text: str, line: int, said: str, tmp_path: Path
) -> None:
    write(tmp_path, "good_one", GOOD)
    bad = write(tmp_path, "bad_one", text)
    loaded = load(tmp_path)
    assert [one.id for one in loaded.scenarios] == ["good-one"]
    (problem,) = loaded.problems
    assert problem.file == bad
    assert problem.line == line
    assert said in str(problem)
    assert str(problem).startswith(str(bad))


def test_files_of_a_users_own_folder_are_used(tmp_path: Path) -> None:
    write(tmp_path, "my_failure", GOOD)
    (tmp_path / "at_the_top.py").write_text(GOOD)
    loaded = load(tmp_path)
    assert [one.id for one in loaded.scenarios] == ["at-the-top", "my-failure"]
    trace = Trace(target="https://mcp.example.com/mcp", surface="claude-ai")
    assert {one.id for one in diagnose(trace, loaded.scenarios).findings} == {
        "at-the-top",
        "my-failure",
    }
