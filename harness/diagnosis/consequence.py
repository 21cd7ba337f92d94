"""What the user of Claude would see of a stop, and what claude.ai minds about an address."""

import ipaddress
from collections.abc import Sequence

from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Finding, Impact, Returns, Shows
from harness.model.wellknown import UrlError, host, port, split


def claude_shows(trace: Trace, findings: Sequence[Finding]) -> str | None:
    """The text of the root cause, else the one usual for the step where the run stopped."""
    cause = next(
        (one.shows for one in findings if one.root_cause and one.impact is Impact.BREAKS), None
    )
    if cause is not None:
        return cause
    if trace.stop is None:
        return None
    match trace.stop.step:
        case Step.REACH | Step.CHALLENGE | Step.RESOURCE_METADATA | Step.SERVER_METADATA:
            return Shows.COULD_NOT_REACH
        case Step.REGISTRATION:
            return Shows.COULD_NOT_REGISTER
        case Step.TOKEN:
            return Shows.AUTHORIZATION_FAILED
        case Step.CONNECT:
            return _after_token(_connect_status(trace))
        case Step.SESSION | Step.STEP_UP:
            return Shows.ERROR_WHEN_CONNECTING
        case Step.REFRESH:
            return Shows.CONNECTION_EXPIRED
        case _:
            return None  # the user is on the server's own pages


def _after_token(status: int | None) -> str:
    match status:
        case 401 | 403:
            return Shows.CREDENTIALS_REJECTED
        case 404:
            return Shows.NO_SERVER_FOUND
        case _:
            return Shows.ERROR_WHEN_CONNECTING


def claude_returns(trace: Trace, shows: str | None) -> Returns | None:
    """The query of the return to claude.ai: start_error before the browser left, else end_error."""
    if trace.stop is None:
        return None
    step = trace.stop.step
    if step.position < Step.REGISTRATION.position or shows == Shows.COULD_NOT_REACH:
        return Returns(step="start_error")
    match step:
        case Step.REGISTRATION:
            return Returns(step="start_error", error_code="mcp_registration_failed")
        case Step.TOKEN:
            return Returns(step="end_error", error_code="mcp_token_exchange_failed")
        case Step.CONNECT | Step.SESSION:
            refused = _connect_status(trace) in (401, 403)
            name = "McpAuthorizationError" if refused else "McpServerError"
            return Returns(step="end_error", oauth_error=name)
        case _:
            return None


def _connect_status(trace: Trace) -> int | None:
    last = trace.last(Step.CONNECT, Purpose.INITIALIZE, Purpose.DISCOVER)
    return last.status if last else None


def when_deployed(trace: Trace) -> tuple[str, ...]:
    """What claude.ai would refuse about this address once the server is not local any more."""
    try:
        parts = split(trace.target)
    except UrlError:
        return ()
    found = []
    if parts.scheme != "https":
        found.append("claude.ai needs https")
    name = host(trace.target)
    inside = [one for one in _addresses(trace) if _private(one)]
    if _private(name):
        found.append("claude.ai needs a public name and address")
    elif inside:
        found.append(f"claude.ai refuses {name}: it resolves to {inside[0]}, a private address")
    number = port(trace.target)
    if number not in (80, 443):
        found.append(
            f"port {number}: reports differ whether claude.ai reaches other ports than 443"
        )
    return tuple(found)


def _addresses(trace: Trace) -> tuple[str, ...]:
    """What the target's name resolved to, unless a map led elsewhere."""
    first = trace.exchanges[0].connection if trace.exchanges else None
    return first.addresses if first is not None and first.mapped_to is None else ()


def _private(name: str) -> bool:
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return False
