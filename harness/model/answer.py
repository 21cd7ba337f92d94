"""The neutral request and answer that faults bend, known to no web framework."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.model.trace import Headers


@dataclass(frozen=True)
class Asked:
    """A request as it arrived at the reference server, under its public URL."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        rest = self.url.partition("://")[2]
        slash = rest.find("/")
        return rest[slash:].partition("?")[0] if slash >= 0 else "/"

    def header(self, name: str) -> str | None:
        return _header(self.headers, name)


@dataclass(frozen=True)
class Answer:
    """What the reference server is about to answer."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    delay: float = 0.0
    """Seconds that pass before the answer begins."""

    def header(self, name: str) -> str | None:
        return _header(self.headers, name)

    def with_header(self, name: str, value: str) -> "Answer":
        return replace(self, headers=(*self.without_header(name).headers, (name, value)))

    def without_header(self, name: str) -> "Answer":
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=kept)


type BendAnswer = Callable[[Asked, Answer], Answer]
"""Returns the answer to send instead; the same object when it has nothing to bend."""

type BendRequest = Callable[[Asked], Asked]
"""Returns the request the application sees instead, as an intermediary would alter it."""


def _header(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)
