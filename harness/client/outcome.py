"""What became of a call to the MCP endpoint."""

from harness.model.challenge import Challenge, bearer
from harness.model.jsonrpc import answer_to
from harness.model.trace import Exchange
from harness.profiles.profile import Profile


def failed(profile: Profile, exchange: Exchange) -> str | None:
    """What went wrong with an MCP call, or None when it has a result."""
    if exchange.response is None:
        return exchange.failure.text if exchange.failure else "no answer"
    if exchange.response.status != 200:
        return f"answer {exchange.response.status}"
    if not readable(profile, exchange):
        return f"an answer of type {exchange.response.media_type or 'unknown'}"
    found = answer_to(exchange)
    if found is None:
        return "no JSON-RPC answer"
    if found.error is not None:
        return f"JSON-RPC error {found.error_code}"
    return None


def readable(profile: Profile, exchange: Exchange) -> bool:
    """Whether the surface reads an answer of this media type as JSON-RPC."""
    kind = exchange.response.media_type if exchange.response else None
    return not profile.needs_media_type or kind in ("application/json", "text/event-stream")


def insufficient_scope(exchange: Exchange) -> Challenge | None:
    """The challenge of a call that needs more scope (RFC 6750 section 3.1), or None."""
    response = exchange.response
    if response is None or response.status != 403:
        return None
    challenge = bearer(response.header_lines("www-authenticate"))
    if challenge is None or challenge.params.get("error") != "insufficient_scope":
        return None
    return challenge
