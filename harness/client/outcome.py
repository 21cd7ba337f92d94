"""What became of a call to the MCP endpoint."""

from harness.model.challenge import Challenge, bearer
from harness.model.jsonrpc import answer_to
from harness.model.trace import Exchange


def failed(exchange: Exchange) -> str | None:
    """What went wrong with an MCP call, or None when it has a result."""
    if exchange.response is None:
        return exchange.failure.text if exchange.failure else "no answer"
    if exchange.response.status != 200:
        return f"answer {exchange.response.status}"
    found = answer_to(exchange)
    if found is None:
        return "no JSON-RPC answer"
    if found.error is not None:
        return f"JSON-RPC error {found.error_code}"
    return None


def insufficient_scope(exchange: Exchange) -> Challenge | None:
    """The challenge of a call that needs more scope (RFC 6750 section 3.1), or None."""
    response = exchange.response
    if response is None or response.status != 403:
        return None
    challenge = bearer(response.header_lines("www-authenticate"))
    if challenge is None or challenge.params.get("error") != "insufficient_scope":
        return None
    return challenge
