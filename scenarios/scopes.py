"""Which scope an authorization server refused."""

import re
from dataclasses import dataclass

from harness.diagnosis.browsing import (
    asked_scopes,
    authorization_request,
    parameters,
    refusal,
)
from harness.diagnosis.reading import used
from harness.model.trace import Exchange, Purpose, Step, Trace


@dataclass(frozen=True, kw_only=True)
class RefusedScopes:
    """An `invalid_scope`; `suspects` are the scopes that are the likeliest to be meant."""

    asked: Exchange
    """The authorization request."""
    exchange: Exchange
    place: str
    text: str
    suspects: frozenset[str]

    @property
    def leading_space(self) -> bool:
        return parameters(self.asked).get("scope", "").startswith(" ")


def refused_scopes(trace: Trace) -> RefusedScopes | None:
    """The refusal of the scopes Claude asked for, None when something else was refused.

    The words of the refusal come first, then what the server's own list does not hold, then
    `offline_access` where Claude added it of its own accord.
    """
    refused, asked, scopes = refusal(trace), authorization_request(trace), asked_scopes(trace)
    if refused is None or asked is None or not scopes or refused.error != "invalid_scope":
        return None
    if "claudeai" in scopes or _registered_for_less(trace, scopes):
        return None  # failures of their own
    named = {one for one in scopes if re.search(_whole(one), refused.said)}
    suspects = named or _unlisted(trace, scopes)
    added = str(trace.decision(Step.AUTHORIZE, "scope_from")).endswith("and offline_access")
    if not suspects and added:
        suspects = {"offline_access"}
    reached = refused.exchange.step is Step.CALLBACK
    return RefusedScopes(
        asked=asked,
        exchange=refused.exchange,
        place="request.url" if reached else "response.body",
        text=f"error=invalid_scope: {refused.said}" if refused.said else "error=invalid_scope",
        suspects=frozenset(suspects or scopes),
    )


def _whole(scope: str) -> str:
    """A pattern for a scope that is not part of a longer one."""
    return rf"(?<![\w:./-]){re.escape(scope)}(?![\w:/-])"


def _unlisted(trace: Trace, scopes: tuple[str, ...]) -> set[str]:
    """The scopes that the authorization server does not list; none when it has no list."""
    metadata = used(trace, Step.SERVER_METADATA)
    document = metadata.json_object if metadata else None
    listed = document.get("scopes_supported") if document else None
    return {one for one in scopes if one not in listed} if isinstance(listed, list) else set()


def _registered_for_less(trace: Trace, scopes: tuple[str, ...]) -> bool:
    """True when the registration had given the client a narrower scope: that is the failure."""
    answer = trace.last(Step.REGISTRATION, Purpose.REGISTER)
    document = answer.json_object if answer else None
    given = document.get("scope") if document else None
    return isinstance(given, str) and not set(scopes) <= set(given.split())
