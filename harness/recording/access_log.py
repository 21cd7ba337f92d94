"""Reads access logs of web servers as a stream: text and JSON lines, plain or gzip."""

import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

from harness.model.access_log import LogLine
from harness.recording.log_json import read_json
from harness.recording.log_text import read_text
from harness.recording.redact import Redactor

FORMATS = (
    "nginx's and Apache's common and combined formats, Caddy's JSON, JSON lines with a method, "
    "a path and a status, and uvicorn's lines"
)
LINE_LIMIT = 64 * 1024
"""Bytes of a line that are looked at."""


class AccessLogError(Exception):
    """An access log cannot be read; the text is one sentence for the user."""


class AccessLogReader:
    """The readable lines of some files, in the order in which they stand there.

    What could not be read is counted while the lines are taken. Raises AccessLogError for a file
    that cannot be opened, and at the end of one that holds lines and none that can be read.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        self.unreadable = 0
        self.first_unreadable: str | None = None
        self.damaged: list[str] = []

        self.names = _names(self.paths)

    def __iter__(self) -> Iterator[LogLine]:
        for path, name in zip(self.paths, self.names, strict=True):
            yield from self._file(path, name)

    def _file(self, path: Path, name: str) -> Iterator[LogLine]:
        understood, first, whole = 0, 0, len(self.damaged)
        for number, raw in enumerate(self._raw(path, name), start=1):
            line = read_line(raw, file=name, number=number)
            if line is not None:
                understood += 1
                yield line
            elif raw.strip():
                first = first or number
                self.unreadable += 1
                self.first_unreadable = self.first_unreadable or f"{name}, line {number}"
        if not understood and len(self.damaged) > whole:
            raise AccessLogError(f"{self.damaged[-1]}, and nothing before that can be read")
        if first and not understood:
            raise AccessLogError(
                f"{name}, line {first}: not a line of an access log that is known here; "
                f"known are {FORMATS}"
            )

    def _raw(self, path: Path, name: str) -> Iterator[bytes]:
        number = 0
        try:
            with _opened(path) as file:
                while raw := file.readline(LINE_LIMIT):
                    number += 1
                    yield raw
                    while not raw.endswith(b"\n") and (raw := file.readline(LINE_LIMIT)):
                        pass  # the rest of an endless line
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.damaged.append(f"{name} is damaged or cut off after line {number}")
        except (OSError, ValueError) as error:
            why = (isinstance(error, OSError) and error.strerror) or str(error)
            text = f"cannot read the access log {name}: {why}"
            raise AccessLogError(text) from None


def read_line(raw: bytes, *, file: str, number: int) -> LogLine | None:
    """One line, None when it is of no known format; never raises."""
    text = raw.decode("utf-8", "replace").strip("\ufeff \t\r\n")
    if text.startswith("{"):
        return read_json(text, file=file, number=number)
    found = read_text(text, file=file, number=number)
    # A container's or a service's log puts words of its own before the object.
    start = text.find("{", 0, 200)
    if found is None and start > 0:
        return read_json(text[start:], file=file, number=number)
    return found


def without_secrets(line: LogLine) -> LogLine:
    """The line with placeholders for the secrets in its target and User-Agent."""
    return replace(
        line,
        target=_target(line.target),
        agent=None if line.agent is None else _agent(line.agent),
    )


@lru_cache(4096)
def _target(target: str) -> str:
    return Redactor().url(target)


@lru_cache(1024)
def _agent(agent: str) -> str:
    return Redactor().text(agent)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file as bytes; whether it is compressed is told by how it begins."""
    if str(path) == "-":
        yield _unpacked(sys.stdin.buffer)
        return
    with path.open("rb") as file:
        yield _unpacked(file)


def _unpacked(file: BinaryIO) -> BinaryIO:
    buffered = io.BufferedReader(cast(io.RawIOBase, file))
    if buffered.peek(2)[:2] == b"\x1f\x8b":
        return cast(BinaryIO, gzip.GzipFile(fileobj=buffered))
    return buffered


def _names(paths: Sequence[Path]) -> tuple[str, ...]:
    """The files without their folders, unless that makes two of them alike."""
    short = tuple("standard input" if str(one) == "-" else one.name for one in paths)
    return short if len(set(short)) == len(short) else tuple(map(str, paths))
