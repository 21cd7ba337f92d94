"""Behaviours on which the evidence is divided; a switch plays the other side of a profile."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from harness.model.trace import Purpose, Voice
from harness.profiles.policy import IssuerCheck
from harness.profiles.profile import Profile

type Switch = Callable[[Profile], Profile]


def _sends_as_scopes(own: Profile) -> Profile:
    """Ask for all scopes of the authorization server where nothing else names any."""
    return replace(own, server_scopes=True)


def _probe_uses_discover(own: Profile) -> Profile:
    """Open with server/discover, and with initialize where that is neither answered nor 401."""
    asked = ((Voice.BROKER, Purpose.DISCOVER), *own.opening)
    return replace(own, opening=asked) if own.opening[0][0] is Voice.BROKER else own


def _strict_issuer(own: Profile) -> Profile:
    """Stop where the metadata names another issuer than the one it was found by."""
    return replace(own, issuer_check=IssuerCheck.STOP)


def _only_port_443(own: Profile) -> Profile:
    """Reach no other port than 443."""
    return replace(own, only_port_443=True)


SWITCHES: Mapping[str, Switch] = {
    "sends_as_scopes": _sends_as_scopes,
    "probe_uses_discover": _probe_uses_discover,
    "strict_issuer": _strict_issuer,
    "only_port_443": _only_port_443,
}


def switched(own: Profile, names: Sequence[str]) -> Profile:
    """The profile with switches turned on; raises KeyError for an unknown one."""
    for name in names:
        own = SWITCHES[name](own)
    return own
