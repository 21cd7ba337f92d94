"""Undoing HTTP content codings piece by piece, never beyond a size."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import brotli  # type: ignore[import-untyped]
import zstandard

MOST_CODINGS = 4
"""More codings on one body than this are refused; nobody honest stacks them."""

ZSTD_WINDOW = 8 << 20
"""The window a receiver must accept, and no more (RFC 9659 section 3)."""

ZSTD_PIECE = 64
"""Bytes fed to zstandard at once: it has no output limit, and one block grows to 128 KiB."""

BROTLI_PIECE = 1 << 16


class CodingError(Exception):
    """The bytes are not what the content coding promises; the message says how."""


class Stage(Protocol):
    """One content coding, undone."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield decoded pieces of bounded size; raises CodingError."""

    @property
    def complete(self) -> bool:
        """True when the coded data came to its proper end (or never began)."""


@dataclass(frozen=True)
class Decoded:
    """A decoded body; with an error the body is what came before it."""

    body: bytes
    error: str | None = None
    truncated: bool = False


class Decoder:
    """Decodes a body that arrives in pieces, and stops at `limit` bytes of output.

    `content_encoding` is the header value, codings in the order they were applied
    (RFC 9110 section 8.4).
    """

    def __init__(self, content_encoding: str, *, limit: int) -> None:
        self.error: str | None = None
        self.full = False
        """True once the output would pass the limit; what fits is kept."""
        self._limit = limit
        self._out = bytearray()
        self._stages: list[Stage] = []
        try:
            self._stages = [_stage(coding) for coding in reversed(_codings(content_encoding))]
        except CodingError as error:
            self.error = str(error)

    @property
    def body(self) -> bytes:
        return bytes(self._out)

    def feed(self, data: bytes) -> None:
        """Take the next piece; errors and the limit are remembered, never raised."""
        if self.error or self.full:
            return
        try:
            for piece in self._through(data, 0):
                room = self._limit - len(self._out)
                self._out += piece[:room]
                if len(piece) > room:
                    self.full = True
                    return
        except CodingError as error:
            self.error = str(error)

    def finish(self) -> None:
        """Say that nothing follows: coded data that is not complete becomes an error."""
        if not (self.error or self.full or all(stage.complete for stage in self._stages)):
            self.error = "the compressed data ends early"

    def _through(self, data: bytes, index: int) -> Iterator[bytes]:
        if index == len(self._stages):
            yield data
            return
        for piece in self._stages[index].feed(data):
            yield from self._through(piece, index + 1)


def decode(data: bytes, content_encoding: str, *, limit: int) -> Decoded:
    """Undo the codings of a whole body, up to `limit` bytes of output."""
    decoder = Decoder(content_encoding, limit=limit)
    decoder.feed(data)
    decoder.finish()
    return Decoded(decoder.body, decoder.error, decoder.full)


def _codings(content_encoding: str) -> list[str]:
    names = [name.strip().lower() for name in content_encoding.split(",")]
    codings = [name for name in names if name not in ("", "identity")]
    if len(codings) > MOST_CODINGS:
        raise CodingError(f"{len(codings)} content codings on one body")
    return codings


def _stage(coding: str) -> Stage:
    match coding:
        case "gzip" | "x-gzip":
            return _Zlib(16 + zlib.MAX_WBITS)
        case "deflate":
            return _Zlib(zlib.MAX_WBITS)
        case "br":
            return _Brotli()
        case "zstd":
            return _Zstd()
        case _:
            raise CodingError(f"the content coding {coding[:40]!r} is unknown")


class _Zlib:
    """gzip, with several members, and deflate, with or without the zlib wrapper."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._inflate = zlib.decompressobj(wbits)
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            try:
                piece = self._inflate.decompress(data, 1 << 16)
            except zlib.error as error:
                # RFC 9110 section 8.4.1.2: some servers send deflate without the zlib wrapper.
                if self._wbits == zlib.MAX_WBITS and not self._started:
                    self._wbits = -zlib.MAX_WBITS
                    self._inflate = zlib.decompressobj(self._wbits)
                    continue
                raise CodingError(str(error)) from error
            self._started = True
            data = self._inflate.unconsumed_tail
            if piece:
                yield piece
            if self._inflate.eof:
                data = self._inflate.unused_data
                if not data.startswith(b"\x1f\x8b"):
                    return
                self._inflate = zlib.decompressobj(self._wbits)
        yield from self._rest()

    def _rest(self) -> Iterator[bytes]:
        # A full output piece can leave decoded bytes inside zlib when all input is consumed.
        while self._started and not self._inflate.eof:
            try:
                piece = self._inflate.decompress(b"", 1 << 16)
            except zlib.error as error:
                raise CodingError(str(error)) from error
            if not piece:
                return
            yield piece

    @property
    def complete(self) -> bool:
        return self._inflate.eof or not self._started


class _Brotli:
    def __init__(self) -> None:
        self._inflate = brotli.Decompressor()
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while data and not self._inflate.is_finished():
                self._started = True
                piece = self._inflate.process(data, output_buffer_limit=BROTLI_PIECE)
                data = b""
                yield piece
                while not (self._inflate.is_finished() or self._inflate.can_accept_more_data()):
                    yield self._inflate.process(b"", output_buffer_limit=BROTLI_PIECE)
        except brotli.error as error:
            raise CodingError(f"brotli: {error}") from error

    @property
    def complete(self) -> bool:
        return not self._started or bool(self._inflate.is_finished())


class _Zstd:
    def __init__(self) -> None:
        self._inflate = self._frame()
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            piece, data = data[:ZSTD_PIECE], data[ZSTD_PIECE:]
            if self._inflate.eof:
                self._inflate = self._frame()
            self._started = True
            try:
                yield self._inflate.decompress(piece)
            except zstandard.ZstdError as error:
                raise CodingError(str(error)) from error
            # RFC 8878 section 3: a body may hold several frames.
            if self._inflate.eof:
                data = self._inflate.unused_data + data

    @property
    def complete(self) -> bool:
        return not self._started or self._inflate.eof

    @staticmethod
    def _frame() -> "zstandard.ZstdDecompressionObj":
        return zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
