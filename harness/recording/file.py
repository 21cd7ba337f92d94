"""The recording file: JSON lines, appended as things happen, readable after a crash."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.model import wellknown
from harness.model.trace import Exchange, Json, Note, Trace
from harness.recording.codec import CodecError, decode, encode
from harness.recording.redact import Redactor, cut_size

FORMAT = "harness.recording/1"
SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes of a file that `load` reads."""

_PROGRAM = "claude-connector-harness"
_FORMAT = re.compile(r"harness\.recording/([0-9]{1,6})(?:\.[0-9]{1,6})?")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9.\-]+")


class RecordingError(Exception):
    """A recording cannot be written or read; the text is one sentence for the user."""


@dataclass(frozen=True, kw_only=True)
class _Header:
    format: str
    program: str = ""
    target: str
    surface: str
    started: float = 0.0
    maps: tuple[tuple[str, str], ...] = ()
    choices: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class _End:
    finished: float | None = None


class Recorder:
    """Writes one run to a new file that only its owner can read, one whole line at a time.

    Of the trace only the head is written: what was checked, and how.
    Every method raises RecordingError when the disk refuses; nothing is written after that.
    """

    def __init__(self, path: Path, redactor: Redactor, trace: Trace) -> None:
        self.path = path
        self._redactor = redactor
        self._open = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
            self._file = os.open(path, flags, 0o600)
        except (OSError, ValueError) as error:
            if isinstance(error, FileExistsError) and os.path.lexists(path):
                text = f"{path} exists already; a recording never replaces it"
                raise RecordingError(text) from None
            raise RecordingError(f"cannot write the recording {path}: {_why(error)}") from None
        self._open = True
        header = _Header(
            format=FORMAT,
            program=program_name(),
            target=redactor.url(trace.target),
            surface=trace.surface,
            started=trace.started,
            maps=tuple((redactor.url(one), redactor.url(other)) for one, other in trace.maps),
            choices=trace.choices,
        )
        self._write({"format": FORMAT} | _members(header))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._shut()

    def exchange(self, exchange: Exchange) -> Exchange:
        """Write an exchange without its secrets, and return it as written."""
        redacted = self._redactor.exchange(exchange)
        line: dict[str, object] = {"exchange": encode(redacted)}
        sizes = {
            "request": cut_size(redacted.request.body),
            "response": cut_size(redacted.response.body) if redacted.response else None,
        }
        if cut := {part: size for part, size in sizes.items() if size is not None}:
            line["cut"] = cut
        self._write(line)
        return redacted

    def note(self, note: Note) -> Note:
        """Write a note without its secrets, and return it as written."""
        redacted = self._redactor.note(note)
        self._write({"note": encode(redacted)})
        return redacted

    def close(self, finished: float | None = None) -> None:
        """Write the last line and close; `finished` in seconds since the epoch."""
        if self._open:
            self._write({"end": encode(_End(finished))})
            self._shut()

    def _write(self, line: dict[str, object]) -> None:
        if not self._open:
            raise RecordingError(f"the recording {self.path} is closed")
        try:
            data = json.dumps(line, allow_nan=False, separators=(",", ":")).encode() + b"\n"
            while data:
                data = data[os.write(self._file, data) :]
        except (OSError, ValueError, RecursionError) as error:
            self._shut()
            text = f"cannot write the recording {self.path}: {_why(error)}"
            raise RecordingError(text) from None

    def _shut(self) -> None:
        if self._open:
            self._open = False
            os.close(self._file)


def save(trace: Trace, path: Path, redactor: Redactor) -> None:
    """Write a whole trace to a new file; a secret is replaced also before the place it shows at."""
    for exchange in trace.exchanges:
        redactor.exchange(exchange)
    for note in trace.notes:
        redactor.note(note)
    with Recorder(path, redactor, trace) as recorder:
        notes = list(trace.notes)
        for exchange in trace.exchanges:
            while notes and notes[0].after < exchange.n:
                recorder.note(notes.pop(0))
            recorder.exchange(exchange)
        for note in notes:
            recorder.note(note)
        if trace.finished is not None:
            recorder.close(trace.finished)


def load(path: Path) -> Trace:
    """The trace of a recording; a torn last line and a missing end are no errors."""
    lines = _read(path).split(b"\n")
    torn = lines.pop()
    if not lines:
        raise RecordingError(f"{path} is not a recording: it has no complete first line")
    trace = replace(_header(lines[0], path), recording=str(path))
    exchanges: list[Exchange] = []
    notes: list[Note] = []
    for number, line in enumerate([*lines[1:], torn], start=2):
        if not line.strip():
            continue
        try:
            members = _object(line)
            where = next((name for name in ("exchange", "note", "end") if name in members), "")
            match where:
                case "exchange":
                    exchanges.append(decode(Exchange, members[where], where))
                case "note":
                    notes.append(decode(Note, members[where], where))
                case "end":
                    end: _End = decode(_End, members[where], where)
                    trace = replace(trace, finished=end.finished)
        except CodecError as error:
            if number <= len(lines):
                raise RecordingError(f"{path}, line {number}: {error}") from None
    return replace(trace, exchanges=tuple(exchanges), notes=tuple(notes))


def default_path(target: str, surface: str, started: float, folder: Path) -> Path:
    """Where a new recording goes: `recordings/` of the folder, else the user's data folder."""
    recordings = folder / "recordings"
    if not recordings.is_dir():
        data = os.environ.get("XDG_DATA_HOME", "")
        root = Path(data) if os.path.isabs(data) else Path.home() / ".local" / "share"
        recordings = root / _PROGRAM / "recordings"
    moment = datetime.fromtimestamp(started, UTC).strftime("%Y-%m-%dT%H%M")
    try:
        host = wellknown.host(target)
    except wellknown.UrlError:
        host = ""
    name = f"{moment}-{_for_name(host) or 'unknown'}-{_for_name(surface) or 'unknown'}"
    path = recordings / f"{name}.jsonl"
    number = 1
    while os.path.lexists(path):
        number += 1
        path = recordings / f"{name}-{number}.jsonl"
    return path


def _for_name(text: str) -> str:
    return _NOT_IN_NAMES.sub("-", text.lower())[:80].strip(".-")


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise RecordingError(f"{path} is not a recording: it is no ordinary file")
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        raise RecordingError(f"cannot read the recording {path}: {_why(error)}") from None
    if len(data) > SIZE_LIMIT:
        raise RecordingError(f"{path} is larger than {SIZE_LIMIT // 1024**2} MiB")
    return data


def _header(line: bytes, path: Path) -> Trace:
    try:
        members = _object(line)
        named = _FORMAT.fullmatch(str(members.get("format")))
        if named is None:
            raise CodecError("the format is not named")
    except CodecError as error:
        raise RecordingError(f"{path} is not a recording: line 1: {error}") from None
    if named[1] != FORMAT.rpartition("/")[2]:
        raise RecordingError(
            f"{path}, line 1: the format {named[0]} is not {FORMAT}, the one this version reads"
        )
    try:
        header: _Header = decode(_Header, members, "the header")
    except CodecError as error:
        raise RecordingError(f"{path}, line 1: {error}") from None
    return Trace(
        target=header.target,
        surface=header.surface,
        started=header.started,
        maps=header.maps,
        choices=header.choices,
    )


def _object(line: bytes) -> dict[str, object]:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise CodecError("not valid UTF-8") from None
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise CodecError("nested too deep") from None
    except json.JSONDecodeError as error:
        raise CodecError(f"not valid JSON ({error.msg} at column {error.colno})") from None
    except ValueError as error:
        raise CodecError(f"not valid JSON ({error})") from None
    if not isinstance(value, dict):
        raise CodecError("not a JSON object")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _members(header: _Header) -> dict[str, object]:
    members = encode(header)
    return dict(members) if isinstance(members, dict) else {}


def program_name() -> str:
    """The name and version of this program."""
    try:
        return f"{_PROGRAM} {metadata.version(_PROGRAM)}"
    except metadata.PackageNotFoundError:
        return _PROGRAM


def _why(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
