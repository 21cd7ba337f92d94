"""A user's own scenario file is proved like ours, and only where the user asked."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest_plugins = ["pytester"]

GOOD = '''"""The token endpoint is a teapot.

What happens
    The token endpoint answers 418.

Why it breaks
    A teapot brews no token.

Fix
    Put a token endpoint there.
"""

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer
from harness.model.trace import Purpose, Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    confidence=Confidence.GUESS,
    explains=("token.issued",),
    sources=(Source("example.com/teapot", seen="2026-01-01"),),
)


@pattern.detect
def detect(trace):
    answer = trace.last(Step.TOKEN, Purpose.TOKEN)
    if answer is not None and answer.status == 418:
        yield evidence(answer, "response.status", "418", "200")


@pattern.fault
def fault(asked, answer):
    if not asked.path.endswith("/token"):
        return answer
    return Answer(418, (("Content-Type", "application/json"),), b'{"error": "is_a_teapot"}')
'''
NAMES = ["complete", "found-when-caused", "silent-on-healthy-server"]


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """A folder for scenario files that the configuration names."""
    pytester.makeini("[pytest]\nharness_scenarios = known\n")
    path = pytester.path / "known" / "token"
    path.mkdir(parents=True)
    return path


def test_a_good_file_passes_where_warnings_are_errors(
    folder: Path, pytester: pytest.Pytester
) -> None:
    (folder / "token_teapot.py").write_text(GOOD)
    (folder / "shared.py").write_text("WORD = 'no scenario'\n")
    done = pytester.runpytest_subprocess("-W", "error", "-n2", "--junitxml=out.xml")
    done.assert_outcomes(passed=3)
    cases = list(ElementTree.parse(pytester.path / "out.xml").iter("testcase"))
    assert {one.get("classname") for one in cases} == {"known.token.token_teapot"}
    assert sorted(str(one.get("name")) for one in cases) == NAMES


def test_what_does_not_hold_is_said_in_a_sentence(folder: Path, pytester: pytest.Pytester) -> None:
    eager = GOOD.replace("answer.status == 418", "answer.status")
    (folder / "token_eager.py").write_text(eager)
    blind = GOOD.replace("answer.status == 418", "answer.status == 1").replace("2026-01-01", "May")
    (folder / "token_blind.py").write_text(blind)
    raising = GOOD.replace('yield evidence(answer, "', 'raise KeyError("')
    (folder / "token_raising.py").write_text(raising)
    done = pytester.runpytest_subprocess("known", "-n2")
    done.assert_outcomes(passed=3, failed=6)
    said = done.stdout.str()
    for sentence in (
        "token-eager is found on a healthy server (response.status: '418')",
        "token-blind is not found; findings: ",
        "the source example.com/teapot has no date such as 2026-01-31: 'May'",
        "token-raising failed to run: KeyError",
    ):
        assert sentence in said
    assert "Traceback" not in said
    assert not re.search(r"harness/\w+/\w+\.py|runtest", said)


def test_a_file_that_cannot_be_loaded_is_named(folder: Path, pytester: pytest.Pytester) -> None:
    (folder / "token_heading.py").write_text(GOOD.replace("Fix\n", "Remedy\n"))
    (folder / "token_name.py").write_text(GOOD.replace("step=Step.TOKEN", "step=Step.LUNCH"))
    done = pytester.runpytest_subprocess("known", "-p", "no:xdist")
    done.assert_outcomes(errors=2)
    done.stdout.fnmatch_lines(
        [
            "*known/token/token_heading.py: ValueError: headings are *",
            "*known/token/token_name.py:20: *LUNCH*",
        ]
    )
    assert "Traceback" not in done.stdout.str()


def test_files_the_user_did_not_ask_for_are_left_alone(pytester: pytest.Pytester) -> None:
    (pytester.path / "token_teapot.py").write_text(GOOD)
    pytester.makepyfile(test_pattern=GOOD + "\n\ndef test_theirs(): pass\n")
    done = pytester.runpytest_subprocess(".", "-p", "no:xdist")
    done.assert_outcomes(passed=1)


def test_recordings_are_judged_by_the_users_scenarios_too(
    folder: Path, pytester: pytest.Pytester
) -> None:
    lenient = GOOD.replace("answer.status == 418", "True").replace("BREAKS", "ADVISORY")
    (folder / "token_teapot.py").write_text(lenient)
    example = Path(__file__).parents[2] / "recordings" / "examples" / "healthy.jsonl"
    (pytester.path / "run.jsonl").write_bytes(example.read_bytes())
    done = pytester.runpytest_subprocess("run.jsonl", "-p", "no:xdist")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["  gained     token-teapot"])
