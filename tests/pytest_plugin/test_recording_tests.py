"""A recording is a test: it passes while its replay gives what its header states."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest_plugins = ["pytester"]

EXAMPLES = Path(__file__).parents[2] / "recordings" / "examples"


def write(path: Path, example: str, **members: object) -> Path:
    """An example with other members in its header; None takes one out."""
    first, rest = (EXAMPLES / f"{example}.jsonl").read_text().split("\n", 1)
    header = json.loads(first) | members
    path.parent.mkdir(exist_ok=True)
    kept = {name: value for name, value in header.items() if value is not None}
    path.write_text(json.dumps(kept) + "\n" + rest)
    return path


@pytest.fixture
def recordings(pytester: pytest.Pytester) -> Path:
    return pytester.path / "recordings"


def test_a_folder_of_recordings_is_run_over_two_workers_and_named_in_junit(
    recordings: Path, pytester: pytest.Pytester
) -> None:
    write(recordings / "good.jsonl", "token-invalid-target")
    write(recordings / "unstated.jsonl", "healthy", expects=None)
    write(recordings / "bad.jsonl", "healthy", expects={"verdict": "fails", "stopped_at": "token"})
    (recordings / "foreign.jsonl").write_text('{"format": "other"}\n')
    done = pytester.runpytest_subprocess("recordings", "-p", "xdist", "-n2", "--junitxml=out.xml")
    done.assert_outcomes(passed=2, failed=1)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    cases = ElementTree.parse(pytester.path / "out.xml").iter("testcase")
    named = {(one.get("classname"), one.get("name")): one.find("failure") for one in cases}
    assert sorted(named) == [
        (f"recordings.{name}.jsonl", "replay") for name in ("bad", "good", "unstated")
    ]
    failure = named["recordings.bad.jsonl", "replay"]
    assert failure is not None
    assert (
        (failure.get("message") or "")
        .splitlines()[0]
        .endswith("connects, expected: fails at token")
    )


def test_the_message_names_what_changed_and_nothing_of_ours(
    recordings: Path, pytester: pytest.Pytester
) -> None:
    stated = {"verdict": "fails", "stopped_at": "token", "findings": ["dcr-missing", "gone"]}
    path = write(recordings / "changed.jsonl", "edge-blocks-claude-user-agent", expects=stated)
    done = pytester.runpytest_subprocess("recordings", "-p", "no:xdist")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "*_ replay of changed.jsonl _*",
            "fails at connect, expected: fails at token",
            "  gained     edge-blocks-claude-user-agent",
            "  lost       dcr-missing",
            "  lost       gone",
            f"  see it     harness replay {path}",
            "FAILED recordings/changed.jsonl::replay - Failed: fails at connect, *",
        ]
    )
    assert "Traceback" not in done.stdout.str()
    assert not re.search(r"harness/\w+/\w+\.py|runtest", done.stdout.str())


def test_other_findings_under_the_same_verdict_are_a_change(
    recordings: Path, pytester: pytest.Pytester
) -> None:
    write(recordings / "more.jsonl", "healthy", expects={"verdict": "connects", "findings": ["x"]})
    done = pytester.runpytest_subprocess("recordings", "-p", "no:xdist")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["connects as before, but with other findings", "  lost       x"])


def test_without_a_statement_the_replay_has_to_agree_with_the_recorded_run(
    recordings: Path, pytester: pytest.Pytester
) -> None:
    path = write(recordings / "cut.jsonl", "healthy", expects=None)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(one for one in lines if '"purpose":"list-tools"' not in one))
    assert path.read_text().count("\n") < len(lines)
    done = pytester.runpytest_subprocess("recordings", "-p", "no:xdist")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["  no answer  POST https://mcp.reference.test/mcp (session)"])


@pytest.mark.parametrize("workers", [["-p", "no:xdist"], ["-n1"]], ids=["here", "xdist"])
def test_where_nothing_is_named_only_stated_recordings_are_tests(
    workers: list[str], recordings: Path, pytester: pytest.Pytester
) -> None:
    write(recordings / "stated.jsonl", "healthy")
    write(recordings / "left-by-a-check.jsonl", "healthy", expects=None)
    pytester.makepyfile("def test_theirs(): pass")
    pytester.runpytest_subprocess(*workers).assert_outcomes(passed=2)


def test_a_foreign_file_is_refused_only_when_it_is_named(
    recordings: Path, pytester: pytest.Pytester
) -> None:
    recordings.mkdir()
    (recordings / "foreign.jsonl").write_text('{"a": 1}\n')
    (recordings / "empty.jsonl").write_text("")
    done = pytester.runpytest_subprocess("recordings", "-p", "no:xdist")
    assert done.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    done = pytester.runpytest_subprocess("recordings/foreign.jsonl", "-p", "no:xdist")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*foreign.jsonl is not a recording: *"])
    assert "Traceback" not in done.stdout.str()


def test_a_statement_nobody_understands_fails(recordings: Path, pytester: pytest.Pytester) -> None:
    write(recordings / "odd.jsonl", "healthy", expects={"verdict": "perhaps"})
    done = pytester.runpytest_subprocess("recordings", "-p", "no:xdist")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*odd.jsonl, line 1: expects.verdict has the unknown value*"])
