"""A response body on its way to the client, kept and decoded within limits."""

from dataclasses import dataclass

from harness.proxy.decode import Decoder


@dataclass(frozen=True)
class Limits:
    """Bytes kept of one response body."""

    wire: int = 4 << 20
    decoded: int = 8 << 20
    ends: bool = True
    """Whether an exchange ends there; else all of it is passed on, and the beginning kept."""


class BodyTap:
    """Keeps the chunks of one body, until they pass a limit."""

    def __init__(self, content_encoding: str, limits: Limits) -> None:
        self.wire_size = 0
        self._limits = limits
        self._coded = bool(content_encoding.strip())
        self._raw = bytearray()
        self._decoder = Decoder(content_encoding, limit=limits.decoded)

    def feed(self, data: bytes) -> None:
        room = self._limits.wire - self.wire_size
        self.wire_size += len(data)
        kept = data[: max(room, 0)]
        self._raw += kept
        if self._coded:
            self._decoder.feed(kept)

    def finish(self) -> None:
        """The body came to its end as framed."""
        if self._coded and not self.over:
            self._decoder.finish()

    @property
    def over(self) -> bool:
        """More came than we keep."""
        return self.wire_size > self._limits.wire or self._decoder.full

    @property
    def encoding_error(self) -> str | None:
        return self._decoder.error if self._raw else None

    @property
    def body(self) -> bytes:
        """The decoded body; the raw one when decoding failed."""
        if self._coded and not self.encoding_error:
            return self._decoder.body
        return bytes(self._raw[: self._limits.decoded])

    @property
    def wire(self) -> bytes:
        """What was kept of the body as it came, still coded."""
        return bytes(self._raw)

    @property
    def limit_text(self) -> str:
        if self._decoder.full:
            return f"more than {self._limits.decoded} bytes once decompressed"
        return f"more than {self._limits.wire} bytes"
