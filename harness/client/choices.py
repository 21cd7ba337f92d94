"""What the user chose for one run, and the values that must not repeat."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

from harness.model.trace import Headers, Json, Step


class Registration(StrEnum):
    AUTO = "auto"
    GIVEN = "given"
    CIMD = "cimd"
    DCR = "dcr"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """`headers` are added to every MCP request, as a user can set them in Claude."""

    target: str
    client_id: str | None = None
    client_secret: str | None = None
    registration: Registration = Registration.AUTO
    scope: str | None = None
    headers: Headers = ()
    call_tool: str | None = None
    until: Step | None = None
    document: str | None = None
    """The client metadata document to be known by where CIMD is offered, not the surface's own."""
    explores: bool = True
    """Ask what only serves the diagnosis; off, the surface's own requests are all that is sent."""
    switches: tuple[str, ...] = ()
    """Contested behaviours of the surface that are turned on."""
    deep: bool = False
    """Also ask what costs extra requests: used codes, spent refresh tokens, fresh clients."""

    def as_json(self) -> dict[str, Json]:
        """All but the target, for a recording; the secret's value is left out."""
        value: dict[str, Json] = {
            "client_id": self.client_id,
            "client_secret": None if self.client_secret is None else "<client_secret>",
            "registration": str(self.registration),
            "scope": self.scope,
            "headers": [name for name, _ in self.headers],
            "call_tool": self.call_tool,
            "until": None if self.until is None else str(self.until),
            "document": self.document,
            "explores": None if self.explores else False,
            "switches": list(self.switches),
            "deep": self.deep or None,
        }
        return {name: one for name, one in value.items() if one not in (None, [])}

    @classmethod
    def from_json(cls, target: str, value: Mapping[str, Json]) -> Self:
        """The choices of a recording; what it does not name has its default."""

        def text(name: str) -> str | None:
            found = value.get(name)
            return found if isinstance(found, str) else None

        until, headers, switches = text("until"), value.get("headers"), value.get("switches")
        return cls(
            target=target,
            client_id=text("client_id"),
            client_secret=text("client_secret"),
            registration=Registration(text("registration") or Registration.AUTO),
            scope=text("scope"),
            headers=tuple((str(one), "") for one in headers) if isinstance(headers, list) else (),
            call_tool=text("call_tool"),
            until=None if until is None else Step(until),
            document=text("document"),
            explores=value.get("explores") is not False,
            switches=tuple(map(str, switches)) if isinstance(switches, list) else (),
            deep=value.get("deep") is True,
        )


class Entropy(Protocol):
    """Gives a fresh value for a name (`state`, `code_verifier`)."""

    def __call__(self, name: str, /) -> str: ...


def random_value(_name: str, /) -> str:
    """43 base64url characters, as Claude's state and verifier have."""
    return secrets.token_urlsafe(32)
