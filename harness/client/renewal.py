"""Keeps the token of a connection good: before it ends, and when it is refused."""

from collections.abc import Callable
from dataclasses import replace

from harness.client import mcp, token
from harness.client.access import Access
from harness.client.events import Flow, Wait
from harness.client.mcp import Session
from harness.client.outcome import failed
from harness.client.speaker import Speaker
from harness.client.token import Tokens
from harness.model.trace import Exchange, Step

type Call = Callable[[str | None], Flow[Exchange]]
"""A request to the MCP endpoint with a token, or without one."""


def bearer(access: Access | None) -> str | None:
    """The token to send."""
    return access.tokens.access_token if access else None


def ends_early(speaker: Speaker, tokens: Tokens) -> Flow[None]:
    """Say that a token is renewed before every call, where it is."""
    if _ends_soon(speaker, tokens) and tokens.refresh_token is not None:
        yield speaker.note(
            Step.TOKEN,
            f"the token was issued for {tokens.expires_in:g} s, less than "
            f"{speaker.profile.early_refresh_below:g}: it is renewed before every call",
            early_refresh=True,
        )


def fresh(speaker: Speaker, access: Access | None) -> Flow[Access | None]:
    """The access for the next call, renewed before where its token is about to end.

    Time does not pass in a run: what counts is the lifetime that the token was issued with. None
    comes back where the refresh token is dead, and the call goes out without a token.
    """
    if access is None or access.tokens.refresh_token is None:
        return access
    until = speaker.choices.until
    beyond = until is not None and until.position < Step.REFRESH.position
    if beyond or not _ends_soon(speaker, access.tokens):
        return access
    exchange, tokens = yield from _refresh(speaker, access, access.tokens.refresh_token)
    if tokens is not None:
        return _renewed(access, tokens)
    if token.oauth_error(exchange) in ("invalid_grant", "invalid_client"):
        yield from speaker.stop(Step.REFRESH, _refused(speaker, access, exchange))
        return None
    yield speaker.note(
        Step.REFRESH, f"no new token, {token.account(exchange)}; the old one is used", kept=True
    )
    return access


def called(
    speaker: Speaker, access: Access | None, call: Call
) -> Flow[tuple[Exchange, Access | None]]:
    """The answer to a call with a fresh token, asked once more after a 401 and a refresh."""
    access = yield from fresh(speaker, access)
    exchange = yield from call(bearer(access))
    if exchange.status != 401 or access is None or access.tokens.refresh_token is None:
        return exchange, access
    _, tokens = yield from _refresh(speaker, access, access.tokens.refresh_token)
    if tokens is None:
        return exchange, access
    access = _renewed(access, tokens)
    return (yield from call(bearer(access))), access


def renew(speaker: Speaker, session: Session, access: Access | None) -> Flow[Access | None]:
    """Refresh once, and once more where the answer gave no new refresh token.

    The access with the newest tokens comes back.
    """
    if access is None or access.tokens.refresh_token is None:
        why = "no sign-in" if access is None else "no refresh token was issued"
        yield speaker.skip(Step.REFRESH, why)
        return access
    held = access.tokens.refresh_token
    exchange, tokens = yield from _refresh(speaker, access, held)
    if tokens is None:
        yield from speaker.stop(Step.REFRESH, _refused(speaker, access, exchange))
        return access
    call = yield from mcp.list_tools(speaker, Step.REFRESH, session, tokens.access_token)
    problem = failed(speaker.profile, call)
    if problem is not None:
        yield from speaker.stop(Step.REFRESH, f"the refreshed token was refused: {problem}")
    elif tokens.refresh_token is None:
        # Claude keeps the old refresh token then, and comes with it at the next expiry.
        exchange, more = yield from _refresh(speaker, access, held)
        if more is None:
            why = token.account(exchange)
            yield from speaker.stop(Step.REFRESH, f"the next refresh failed: {why}")
        tokens = more or tokens
    return _renewed(access, tokens)


def _refresh(
    speaker: Speaker, access: Access, refresh_token: str
) -> Flow[tuple[Exchange, Tokens | None]]:
    """The answer to a refresh, asked again after 5xx where the surface does so."""
    for delay in (*speaker.profile.refresh_retry_delays, None):
        exchange, tokens = yield from token.refresh(
            speaker,
            server=access.server,
            client=access.client,
            refresh_token=refresh_token,
            resource=access.grant.resource,
        )
        if delay is None or (exchange.status or 0) < 500:
            break
        yield Wait(delay, f"answer {exchange.status}; the refresh is tried again after {delay:g} s")
    return exchange, tokens


def _renewed(access: Access, tokens: Tokens) -> Access:
    """The access with new tokens; an answer without a refresh token leaves the old one good."""
    held = tokens.refresh_token or access.tokens.refresh_token
    return replace(access, tokens=replace(tokens, refresh_token=held))


def _refused(speaker: Speaker, access: Access, exchange: Exchange) -> str:
    after = token.aftermath(speaker, access.client, exchange)
    return f"the refresh failed: {token.account(exchange)}{after}"


def _ends_soon(speaker: Speaker, tokens: Tokens) -> bool:
    left = tokens.expires_in
    return left is not None and left < speaker.profile.early_refresh_below
