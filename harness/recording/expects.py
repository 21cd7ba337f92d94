"""What a recording's header states about it: the verdict that its replay has to give."""

import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from harness.model.trace import Step
from harness.model.verdict import Diagnosis, Verdict
from harness.recording.codec import CodecError, decode, encode
from harness.recording.file import RecordingError, load


@dataclass(frozen=True, kw_only=True)
class Expects:
    """What must stay the same of a diagnosis; the order of the findings may change."""

    verdict: Verdict
    stopped_at: Step | None = None
    findings: tuple[str, ...] = ()

    def __str__(self) -> str:
        stop = f" at {self.stopped_at}" if self.stopped_at else ""
        return f"{self.verdict}{stop}"


def found(diagnosis: Diagnosis) -> Expects:
    """A diagnosis, as far as it can be expected."""
    return Expects(
        verdict=diagnosis.verdict,
        stopped_at=diagnosis.stopped_at,
        findings=tuple(one.id for one in diagnosis.findings),
    )


def expected(path: Path) -> Expects | None:
    """What the header of a readable recording states; raises RecordingError for what nobody knows.

    None where it states nothing.
    """
    stated = _header(path.read_bytes().partition(b"\n")[0]).get("expects")
    if stated is None:
        return None
    try:
        expects: Expects = decode(Expects, stated, "expects")
    except CodecError as error:
        raise RecordingError(f"{path}, line 1: {error}") from None
    return expects


def accept(path: Path, expects: Expects) -> None:
    """State it in the header, in one step; every other byte and the file's mode stay."""
    load(path)  # nothing but a recording is rewritten
    path = path.resolve()  # a link stays a link
    try:
        first, end, rest = path.read_bytes().partition(b"\n")
        header = _header(first) | {"expects": encode(expects)}
        line = json.dumps(header, allow_nan=False, separators=(",", ":")).encode()
        _replace(path, line + end + rest)
    except OSError as error:
        raise RecordingError(f"cannot write {path}: {error.strerror}") from None


def _header(line: bytes) -> dict[str, object]:
    members: dict[str, object] = json.loads(line)
    return members


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        fresh.chmod(stat.S_IMODE(path.stat().st_mode))
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
