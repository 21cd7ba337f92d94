"""A recording states what its replay has to give; stating it changes nothing else of the file."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import cli
from harness.model.trace import Step
from harness.model.verdict import Verdict
from harness.recording.expects import Expects, accept, expected
from harness.recording.file import RecordingError, load

EXAMPLE = Path(__file__).parents[2] / "recordings" / "examples" / "token-invalid-target.jsonl"
EXPECTS = Expects(verdict=Verdict.FAILS, stopped_at=Step.TOKEN, findings=("token-invalid-target",))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A copy of an example whose header states nothing."""
    path = tmp_path / "run.jsonl"
    first, *rest = EXAMPLE.read_text().splitlines(keepends=True)
    header = {name: value for name, value in json.loads(first).items() if name != "expects"}
    path.write_text(json.dumps(header | {"added-later": [1]}) + "\n" + "".join(rest))
    path.chmod(0o600)
    return path


def test_what_is_accepted_is_expected_and_the_rest_of_the_file_stays(recording: Path) -> None:
    before, trace = recording.read_bytes().split(b"\n"), load(recording)
    assert expected(recording) is None
    accept(recording, EXPECTS)
    assert expected(recording) == EXPECTS
    after = recording.read_bytes().split(b"\n")
    assert after[1:] == before[1:]
    assert json.loads(after[0]).pop("added-later") == [1]
    assert load(recording) == trace
    assert list(recording.parent.iterdir()) == [recording]


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_the_mode_and_a_link_stay(mode: int, recording: Path) -> None:
    recording.chmod(mode)
    link = recording.with_name("link.jsonl")
    link.symlink_to(recording.name)
    accept(link, EXPECTS)
    assert link.is_symlink()
    assert stat.S_IMODE(recording.stat().st_mode) == mode
    assert expected(recording) == EXPECTS


def test_a_later_verdict_replaces_the_stated_one(recording: Path) -> None:
    accept(recording, EXPECTS)
    accept(recording, Expects(verdict=Verdict.CONNECTS))
    assert expected(recording) == Expects(verdict=Verdict.CONNECTS)


def test_what_is_no_recording_is_not_rewritten(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.jsonl"
    foreign.write_text('{"a": 1}\n')
    with pytest.raises(RecordingError, match="is not a recording"):
        accept(foreign, EXPECTS)
    assert foreign.read_text() == '{"a": 1}\n'


@pytest.mark.parametrize(
    "stated", ["fails", {}, {"verdict": "maybe"}, {"verdict": "fails", "stopped_at": "lunch"}]
)
def test_a_statement_nobody_understands_is_refused(stated: object, recording: Path) -> None:
    first, rest = recording.read_text().split("\n", 1)
    recording.write_text(json.dumps(json.loads(first) | {"expects": stated}) + "\n" + rest)
    assert load(recording).target  # a reader that does not ask is not disturbed
    with pytest.raises(RecordingError, match=r"run\.jsonl, line 1: expects"):
        expected(recording)


def test_replay_accepts_what_it_found_and_says_so(recording: Path) -> None:
    done = CliRunner().invoke(cli, ["replay", str(recording), "--accept"])
    assert done.exit_code == 0
    assert f"{recording} now expects: fails at token; token-invalid-target" in done.stderr
    assert expected(recording) == EXPECTS


def test_replay_alone_writes_nothing(recording: Path) -> None:
    before = recording.read_bytes()
    assert CliRunner().invoke(cli, ["replay", str(recording)]).exit_code == 1
    assert recording.read_bytes() == before


def test_a_file_that_cannot_be_replaced_is_named(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    before = recording.read_bytes()
    with pytest.raises(RecordingError, match="No space left on device"):
        accept(recording, EXPECTS)
    assert recording.read_bytes() == before
    assert list(recording.parent.iterdir()) == [recording]
