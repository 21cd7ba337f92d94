"""A recording as a test: its replay has to give what its header states."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from harness.diagnosis.catalogue import Scenario
from harness.pytest_plugin.apart import known, run_apart
from harness.recording.expects import Expects, expected, found
from harness.recording.file import RecordingError, load
from harness.report.printable import printable
from harness.run.session import judged, replayed

MOST_LINES = 8


class RecordingFile(pytest.File):
    """A file that holds one run."""

    def collect(self) -> Iterator[pytest.Item]:
        yield ReplayTest.from_parent(self, name="replay")


class ReplayTest(pytest.Item):
    """The simulated client against the recorded answers."""

    def runtest(self) -> None:
        try:
            text = changes(self.path, known(self.config))
        except (RecordingError, OSError) as error:
            text = str(error)
        if text:
            pytest.fail(text, pytrace=False)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"replay of {self.path.name}"


def changes(path: Path, scenarios: Sequence[Scenario]) -> str:
    """How the replay differs from what is stated, or from the recorded run; empty if not at all."""
    recording = load(path)
    stated = expected(path)
    outcome, answers = run_apart(replayed(recording, known=scenarios))
    wanted = stated or found(judged(recording, known=scenarios).diagnosis)
    got = found(outcome.diagnosis)
    gained = [one for one in got.findings if one not in wanted.findings]
    lost = [one for one in wanted.findings if one not in got.findings]
    if str(got) == str(wanted) and not gained and not lost:
        return ""
    lines = [_headline(got, wanted, "expected" if stated else "the recorded run")]
    lines += [f"  gained     {one}" for one in gained]
    lines += [f"  lost       {one}" for one in lost]
    lines += [f"  no answer  {printable(one)}" for one in answers.missing[:MOST_LINES]]
    if (more := len(answers.missing) - MOST_LINES) > 0:
        lines.append(f"  no answer  for {more} more requests")
    lines += ["", f"  see it     harness replay {path}", "  accept it  the same with --accept"]
    return "\n".join(lines)


def _headline(got: Expects, wanted: Expects, whose: str) -> str:
    if str(got) != str(wanted):
        return f"{got}, {whose}: {wanted}"
    return f"{got} as before, but with other findings"
