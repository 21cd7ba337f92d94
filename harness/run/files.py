"""Reads whatever file holds exchanges: a recording, a HAR or a mitmproxy flow file."""

import re
from dataclasses import replace
from pathlib import Path

from harness.model.captured import Capture, CaptureError
from harness.model.trace import Trace
from harness.model.verdict import Surface
from harness.recording.file import RecordingError, load
from harness.recording.har import compressed, read_har
from harness.run.imported import imported

SIZE_LIMIT = 128 * 1024 * 1024
"""Bytes of a file of another program that are read."""

_RECORDING = re.compile(rb'\s*\{[^\n]{0,1000}"format"\s*:\s*"harness\.recording')
_JSON = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*\{")
_FLOWS = re.compile(rb"[0-9]{1,12}:")
_HEAD = 4096


def read_trace(path: Path, *, target: str | None = None, surface: Surface | None = None) -> Trace:
    """The trace of a file, known by its content; raises RecordingError for what holds none."""
    head = _read(path, _HEAD)
    if _RECORDING.match(head):
        if target is not None:
            raise RecordingError(f"{path} is a recording and names its target; leave --target out")
        trace = load(path)
        return trace if surface is None else replace(trace, surface=surface)
    if not (_JSON.match(head) or _FLOWS.match(head) or compressed(head)):
        raise RecordingError(f"{path} is not a recording, nor a HAR or mitmproxy flow file")
    data = _read(path, SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise RecordingError(f"{path} is larger than {SIZE_LIMIT // 1024**2} MiB")
    try:
        return imported(_capture(data), target=target, surface=surface)
    except CaptureError as error:
        raise RecordingError(f"{path} cannot be judged: {error}") from None


def _capture(data: bytes) -> Capture:
    if not _FLOWS.match(data):
        return read_har(data)
    # mitmproxy takes most of a second to import.
    from harness.proxy.flowfile import read_flows

    return read_flows(data)


def _read(path: Path, most: int) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise RecordingError(f"{path} is not a recording: it is no ordinary file")
        with path.open("rb") as file:
            return file.read(most)
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or str(error)
        raise RecordingError(f"cannot read {path}: {why}") from None
