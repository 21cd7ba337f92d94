"""What can go wrong on the way to a host, as plain data that scenarios speak."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class DnsFault(StrEnum):
    """How a name fails to resolve."""

    UNKNOWN = "unknown"
    TEMPORARY = "temporary"


class ConnectFault(StrEnum):
    """How a connection fails to come about, or dies."""

    REFUSED = "refused"
    BLACK_HOLE = "black-hole"
    NO_NETWORK = "no-network"
    RESET = "reset"
    """The connection opens, and is reset when the first byte is awaited."""


class CertificateFault(StrEnum):
    """What is wrong with the certificate the reference server presents."""

    EXPIRED = "expired"
    OTHER_HOST = "other-host"
    UNTRUSTED = "untrusted"
    MISSING_INTERMEDIATE = "missing-intermediate"


type DnsAnswer = tuple[str, ...] | DnsFault


@dataclass(frozen=True, kw_only=True)
class Network:
    """What goes wrong on the way to which host; hosts not named here are left alone."""

    answers: Mapping[str, DnsAnswer] = field(default_factory=dict)
    connects: Mapping[str, ConnectFault] = field(default_factory=dict)
    delays: Mapping[str, float] = field(default_factory=dict)
    """Seconds before a connection to the host is tried."""
    certificate: CertificateFault | None = None
