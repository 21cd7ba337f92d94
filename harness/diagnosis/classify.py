"""Names the step, purpose and voice of an exchange that nobody tagged, by what was seen so far."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from harness.diagnosis.known import Known, Label
from harness.model.trace import Purpose, Request, Step, Voice
from harness.model.wellknown import is_http_url, origin, query

_CALLS = {
    "initialize": Purpose.INITIALIZE,
    "server/discover": Purpose.DISCOVER,
    "notifications/initialized": Purpose.INITIALIZED,
    "tools/list": Purpose.LIST_TOOLS,
    "prompts/list": Purpose.LIST_PROMPTS,
    "resources/list": Purpose.LIST_RESOURCES,
    "tools/call": Purpose.CALL_TOOL,
}
_OTHER_CALLS = ("ping", "notifications/cancelled", "logging/setLevel", "resources/read")
_MCP = (Step.CHALLENGE, Step.CONNECT, Step.SESSION, Step.STEP_UP)
_OPENING = (Purpose.INITIALIZE, Purpose.DISCOVER)
_RESOURCE = "/.well-known/oauth-protected-resource"
_SERVER = "/.well-known/oauth-authorization-server"
_OIDC = "/.well-known/openid-configuration"
_VOICES = {
    "mozilla/": Voice.BROWSER,
    "claude-user": Voice.RUNTIME,
    "claude-code/": Voice.RUNTIME,
    "python-httpx/": Voice.BROKER,
    "bun/": Voice.BROKER,
}
_OF_STEP = {
    Step.CHALLENGE: Voice.RUNTIME,
    Step.CONNECT: Voice.RUNTIME,
    Step.SESSION: Voice.RUNTIME,
    Step.STEP_UP: Voice.RUNTIME,
    Step.AUTHORIZE: Voice.BROWSER,
    Step.LOGIN: Voice.BROWSER,
    Step.CALLBACK: Voice.BROWSER,
}


def classify(request: Request, known: Known) -> Label:
    """What a request is for; total, and without regard to anything but its arguments."""
    if not is_http_url(request.url):
        return Label(Step.REACH, Purpose.OTHER, _voice(request, Step.REACH))
    moved = known.redirected.get(request.url)
    if moved is not None and moved.step not in _MCP and request.method in ("GET", "POST"):
        return moved
    found = (
        _callback(request, known)
        or _metadata(request, known)
        or _mcp(request, known)
        or _oauth(request, known)
        or _page(request, known)
        or (Step.REACH, Purpose.OTHER)
    )
    return Label(*found, _voice(request, found[0]))


def is_call(request: Request) -> bool:
    """True for a JSON-RPC message of MCP."""
    method = _rpc_method(request)
    return request.method == "POST" and (method in _CALLS or method in _OTHER_CALLS)


def is_grant(request: Request) -> bool:
    """True for a form with a grant type, as only token endpoints are sent."""
    return request.method == "POST" and "grant_type" in form(request)


type _Found = tuple[Step, Purpose] | None


def _callback(request: Request, known: Known) -> _Found:
    page = request.url.partition("?")[0]
    given = query(request.url)
    loopback = urlsplit(page).hostname in ("localhost", "127.0.0.1", "::1")
    comes_back = page in known.redirect_uris or (
        loopback and urlsplit(page).path == "/callback" and "state" in given
    )
    return (Step.CALLBACK, Purpose.CALLBACK) if comes_back else None


def _metadata(request: Request, known: Known) -> _Found:
    if request.method not in ("GET", "HEAD"):
        return None
    if request.url in known.pointers:
        return Step.RESOURCE_METADATA, Purpose.METADATA_POINTER
    path = urlsplit(request.url).path
    if path == _RESOURCE or path.startswith(f"{_RESOURCE}/"):
        at_root = path.rstrip("/") == _RESOURCE and not urlsplit(request.url).query
        form = Purpose.METADATA_ROOT if at_root else Purpose.METADATA_PATH
        return Step.RESOURCE_METADATA, form
    step = Step.TOKEN if known.called_back else Step.SERVER_METADATA
    if path == _SERVER or path.startswith(f"{_SERVER}/") or path.endswith(_SERVER):
        # At the root it is a second try where the issuer has a path of its own.
        here = [one for one in known.issuers if origin(one) == origin(request.url)]
        second = path == _SERVER and here and all(urlsplit(one).path.strip("/") for one in here)
        return step, Purpose.RFC8414_ROOT if second else Purpose.RFC8414
    if path == _OIDC or path.startswith(f"{_OIDC}/"):
        return step, Purpose.OIDC
    return (step, Purpose.OIDC_APPENDED) if path.endswith(_OIDC) else None


def _mcp(request: Request, known: Known) -> _Found:
    method = _rpc_method(request)
    if not _same(request.url, known.target) and request.url not in known.redirected:
        return None
    with_token = request.header("authorization") is not None
    # A call with a token belongs to the session, and so does one that needs none.
    later = Step.SESSION if with_token or known.in_session else Step.CHALLENGE
    match request.method:
        case "GET":
            return later, Purpose.STREAM
        case "DELETE":
            return Step.SESSION, Purpose.END_SESSION
        case "HEAD":
            return Step.CHALLENGE, Purpose.HEAD
        case "OPTIONS":
            return Step.CHALLENGE, Purpose.PREFLIGHT
    purpose = _CALLS.get(method or "", Purpose.OTHER)
    if purpose in _OPENING:
        return Step.CONNECT if with_token else Step.CHALLENGE, purpose
    if purpose is Purpose.CALL_TOOL and known.more_scope:
        return Step.STEP_UP, purpose
    if purpose is Purpose.OTHER and method is None:
        return later, purpose
    return Step.REFRESH if known.refreshed else Step.SESSION, purpose


def _oauth(request: Request, known: Known) -> _Found:
    if request.method == "POST":
        grant = form(request).get("grant_type")
        if grant == "refresh_token":
            return Step.REFRESH, Purpose.REFRESH
        if grant is not None or _named(request, known, "token_endpoint"):
            return Step.TOKEN, Purpose.TOKEN
        body = request.json_object
        if _named(request, known, "registration_endpoint") or "redirect_uris" in (body or {}):
            return Step.REGISTRATION, Purpose.REGISTER
    if request.method == "GET" and _named(request, known, "jwks_uri"):
        return Step.CONNECT, Purpose.KEYS
    asked = query(request.url)
    if "client_id" in asked and ("response_type" in asked or "code_challenge" in asked):
        again = known.signing_in and not _named(request, known, "authorization_endpoint")
        return (Step.LOGIN, Purpose.PAGE) if again else (Step.AUTHORIZE, Purpose.AUTHORIZE)
    return None


def _page(request: Request, known: Known) -> _Found:
    if known.signing_in or _voice(request, Step.REACH) is Voice.BROWSER:
        return Step.LOGIN, Purpose.PAGE
    return None


def _voice(request: Request, step: Step) -> Voice:
    agent = (request.header("user-agent") or "").lower()
    said = next((voice for start, voice in _VOICES.items() if agent.startswith(start)), None)
    return said or _OF_STEP.get(step, Voice.BROKER)


def _named(request: Request, known: Known, member: str) -> bool:
    page = request.url.partition("?")[0]
    named = known.endpoints.get(member, frozenset())
    return any(page == one.partition("?")[0] for one in named)


def _same(url: str, target: str) -> bool:
    """True for the target's own address, with or without its closing slash."""
    one, other = urlsplit(url), urlsplit(target)
    return origin(url) == origin(target) and one.path.rstrip("/") == other.path.rstrip("/")


def _rpc_method(request: Request) -> str | None:
    """The method of a JSON-RPC message, of several the first."""
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    first = value[0] if isinstance(value, list) and value else value
    method = first.get("method") if isinstance(first, dict) else None
    return method if isinstance(method, str) else None


def form(request: Request) -> Mapping[str, str]:
    """The fields of a form, of repeated ones the last."""
    try:
        found = parse_qs(request.text, max_num_fields=100)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in found.items()}
