"""What the token endpoint was asked and what it answered."""

from urllib.parse import parse_qsl

from harness.diagnosis.reading import is_html, used, vercel_checkpoint
from harness.model.trace import Exchange, Json, Purpose, Step, Trace
from harness.model.wellknown import UrlError, host

_FOREVER = 10**12
_MONTH = 30 * 24 * 3600
_PAGE = 64 * 1024


def code_answer(trace: Trace) -> Exchange | None:
    """The latest answer to an authorization code, behind redirects."""
    found = list(trace.at(Step.TOKEN, Purpose.TOKEN, exploration=False))
    return found[-1] if found else None


def refreshes(trace: Trace) -> list[Exchange]:
    """The refresh requests that Claude itself would have sent."""
    return list(trace.at(Step.REFRESH, Purpose.REFRESH, exploration=False))


def form(exchange: Exchange) -> dict[str, str]:
    """The fields of the form that was sent; secrets are placeholders."""
    return dict(parse_qsl(exchange.request.text, keep_blank_values=True))


def document(exchange: Exchange | None) -> dict[str, Json]:
    """The JSON object of the answer, empty when there is none."""
    return (exchange.json_object if exchange else None) or {}


def issued(exchange: Exchange | None) -> bool:
    """True when the answer holds an access token."""
    return (
        exchange is not None
        and exchange.status == 200
        and bool(document(exchange).get("access_token"))
    )


def oauth_error(exchange: Exchange | None) -> str | None:
    """The error code of a refusal in the form of RFC 6749 section 5.2."""
    error = document(exchange).get("error")
    return error if isinstance(error, str) and error else None


def refused(exchange: Exchange | None, *errors: str) -> bool:
    """True for a 400 or 401 with one of these error codes."""
    return (
        exchange is not None and exchange.status in (400, 401) and oauth_error(exchange) in errors
    )


def said(exchange: Exchange) -> str:
    """The words of a refusal, lower case: its description, else the whole body."""
    description = document(exchange).get("error_description")
    text = exchange.response.text[:4096] if exchange.response else ""
    return (description if isinstance(description, str) else text).lower()


def authentication(exchange: Exchange) -> str:
    """How the client proved who it is, as a value of `token_endpoint_auth_method`."""
    if exchange.request.header("authorization") is not None:
        return "client_secret_basic"
    return "client_secret_post" if "client_secret" in form(exchange) else "none"


def published(trace: Trace, member: str) -> Json:
    """A member of the authorization server's metadata, None when it is not there."""
    metadata = used(trace, Step.SERVER_METADATA) or trace.last(Step.SERVER_METADATA)
    return document(metadata).get(member)


def registered(trace: Trace) -> dict[str, Json]:
    """What the registration answered, empty when there was none."""
    return document(trace.last(Step.REGISTRATION, Purpose.REGISTER))


def on_cognito(trace: Trace, exchange: Exchange) -> str | None:
    """The Amazon Cognito address by which a token endpoint is known to be one, or None."""
    addresses = [
        exchange.request.url,
        *(published(trace, name) for name in ("issuer", "jwks_uri", "authorization_endpoint")),
    ]
    return next((one for one in addresses if isinstance(one, str) and _is_cognito(one)), None)


def _is_cognito(url: str) -> bool:
    try:
        name = host(url)
    except UrlError:
        return False
    return name.endswith(".amazoncognito.com") or (
        name.startswith("cognito-idp.") and name.endswith(".amazonaws.com")
    )


def lifetime(exchange: Exchange) -> float | None:
    """Seconds for which an issued access token says it is good, None when it does not say."""
    seconds = document(exchange).get("expires_in")
    if isinstance(seconds, str) and seconds.isdecimal():
        seconds = int(seconds[:12])
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        return _bounded(seconds)
    claims = exchange.token.claims if exchange.token else {}
    end, start = claims.get("exp"), claims.get("iat")
    if isinstance(end, int | float) and isinstance(start, int | float):
        return _bounded(end) - _bounded(start)
    return None


def _bounded(seconds: int | float) -> float:
    """The number as a float; JSON integers of hundreds of digits have none."""
    return float(max(-_FOREVER, min(seconds, _FOREVER)))


def ends_for_good(trace: Trace) -> Exchange | None:
    """The answer with a token that expires within a month and cannot be renewed, or None."""
    answer = code_answer(trace)
    if answer is None or not issued(answer) or document(answer).get("refresh_token"):
        return None
    # A client that was registered without the grant cannot get one: that is the failure then.
    grants = registered(trace).get("grant_types")
    if isinstance(grants, list) and "refresh_token" not in grants:
        return None
    seconds = lifetime(answer)
    return answer if seconds is not None and 0 < seconds < _MONTH else None


def dead_token_misanswered(trace: Trace) -> Exchange | None:
    """The refusal of a refresh token nobody issued, when it is not `invalid_grant`."""
    answer = trace.last(Step.REFRESH, Purpose.BOGUS_REFRESH)
    if answer is None or answer.response is None or issued(answer):
        return None
    # Where no refresh token was ever issued, nothing hangs on it.
    renewable = any(
        document(one).get("refresh_token") for one in (code_answer(trace), *refreshes(trace))
    )
    return answer if renewable and not refused(answer, "invalid_grant") else None


def web_guard(exchange: Exchange) -> bool:
    """True when a web application's CSRF check or login page answers for an endpoint."""
    response = exchange.response
    if response is None or vercel_checkpoint(response):
        return False
    start = response.body[:_PAGE].lower()
    if response.status == 419:  # Laravel's status for a missing CSRF token
        return True
    if response.status == 403:
        return b"csrf" in start or b"cross-site request" in start or b"request forgery" in start
    return response.status in (200, 401) and is_html(response) and b'type="password"' in start
