"""What the user chose for one run, and the values that must not repeat."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

from harness.model.trace import Headers, Json, Step

type Prove = Callable[[str, str, str | None, str | None], str]
"""Makes a proof for a method, a URL, the token if there is one, and the server's nonce."""


class Registration(StrEnum):
    AUTO = "auto"
    GIVEN = "given"
    CIMD = "cimd"
    DCR = "dcr"


class MachineGrant(StrEnum):
    """How a client gets a token when no person signs in."""

    CLIENT_CREDENTIALS = "client_credentials"
    JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """An enterprise's identity provider, and the ID token it gave to the user (RFC 8693)."""

    token_endpoint: str
    client_id: str
    id_token: str


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A client that gets its token by itself (RFC 6749 section 4.4, RFC 7523)."""

    grant: MachineGrant
    assertion: str | None = None
    """What the JWT bearer grant presents."""
    identity: Identity | None = None
    """Where the assertion is got in exchange for an ID token, if it is not there yet."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """`headers` are added to every MCP request, as a user can set them in Claude."""

    target: str
    client_id: str | None = None
    client_secret: str | None = None
    sign: Callable[[str], str] | None = None
    """Makes the given client's assertion for an audience (RFC 7523 section 2.2), for a client that
    has a key and no secret."""
    registration: Registration = Registration.AUTO
    scope: str | None = None
    headers: Headers = ()
    call_tool: str | None = None
    until: Step | None = None
    machine: Machine | None = None
    prove: Prove | None = None
    """Binds tokens to a key where the authorization server can do that (RFC 9449)."""
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
            "signs": self.sign is not None or None,
            "registration": str(self.registration),
            "scope": self.scope,
            "headers": [name for name, _ in self.headers],
            "call_tool": self.call_tool,
            "until": None if self.until is None else str(self.until),
            "grant": None if self.machine is None else str(self.machine.grant),
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

        grant = text("grant")
        until, headers, switches = text("until"), value.get("headers"), value.get("switches")
        return cls(
            target=target,
            client_id=text("client_id"),
            client_secret=text("client_secret"),
            sign=_recorded_assertion if value.get("signs") is True else None,
            registration=Registration(text("registration") or Registration.AUTO),
            scope=text("scope"),
            headers=tuple((str(one), "") for one in headers) if isinstance(headers, list) else (),
            call_tool=text("call_tool"),
            until=None if until is None else Step(until),
            machine=None if grant is None else Machine(grant=MachineGrant(grant)),
            document=text("document"),
            explores=value.get("explores") is not False,
            switches=tuple(map(str, switches)) if isinstance(switches, list) else (),
            deep=value.get("deep") is True,
        )


def _recorded_assertion(_audience: str) -> str:
    """Stands for what a recorded client signed, as the key is not in the recording."""
    return "<client_assertion>"


class Entropy(Protocol):
    """Gives a fresh value for a name (`state`, `code_verifier`)."""

    def __call__(self, name: str, /) -> str: ...


def random_value(_name: str, /) -> str:
    """43 base64url characters, as Claude's state and verifier have."""
    return secrets.token_urlsafe(32)
