"""The authorization endpoint with its sign-in and consent pages (OAuth 2.1 section 4.1)."""

import hmac
import re
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from reference_server import redirect_uris
from reference_server.answers import FORM_LIMIT, Form, OAuthError, parse_form, read_form
from reference_server.pages import consent_page, problem_page, sign_in_page
from reference_server.registration import UnknownClientError, find_client
from reference_server.resources import check_resources
from reference_server.server import Server
from reference_server.settings import Settings
from reference_server.store import AuthorizationRequest, Client, Code

SESSION_COOKIE = "reference_session"
PAGES = ("authorize", "sign-in", "consent")
"""The endpoints that answer a person's browser."""

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_CLOSED = "This sign-in is no longer open here. Please start again from Claude."


def authorize_routes(server: Server) -> list[Route]:
    """The authorization endpoint and the two pages behind it."""
    path = server.settings.endpoint_path
    return [
        Route(path("authorize"), partial(_authorize, server), methods=["GET"]),
        Route(
            path("sign-in"), partial(_sign_in, server), methods=["POST"], max_body_size=FORM_LIMIT
        ),
        Route(path("consent"), partial(_show_consent, server), methods=["GET"]),
        Route(
            path("consent"), partial(_decide, server), methods=["POST"], max_body_size=FORM_LIMIT
        ),
    ]


async def _authorize(server: Server, request: Request) -> Response:
    try:
        query = parse_form(request.scope["query_string"])
        client, redirect_uri = await _recipient(server, query)
    except (OAuthError, UnknownClientError) as problem:
        # Until the redirect URI is known to be the client's, nobody is sent there
        # (RFC 6749 section 4.1.2.1).
        return problem_page(str(problem))
    state = query.get("state")
    try:
        scopes = _check(server.settings, query)
    except OAuthError as problem:
        return _answer(
            server.settings,
            redirect_uri,
            {"error": problem.error, "error_description": problem.description, "state": state},
        )
    session = _session(server, request) or server.token()
    opened = AuthorizationRequest(
        client=client,
        redirect_uri=redirect_uri,
        state=state,
        scopes=scopes,
        code_challenge=query.require("code_challenge"),
        session=session,
        expires_at=server.clock() + server.settings.sign_in_ttl,
    )
    return _first_page(server, opened)


def _first_page(server: Server, opened: AuthorizationRequest) -> Response:
    """The sign-in page, or the consent page for somebody who has signed in before."""
    ticket, session = server.token(), opened.session
    server.store.requests[ticket] = opened
    if session not in server.store.sessions:
        server.store.sessions[session] = None
    if server.store.sessions[session] is None:
        page: Response = sign_in_page(server.settings, ticket, client=opened.client)
    else:
        page = _consent(server.settings, ticket, opened)
    return _with_session(page, session, server.settings)


async def _recipient(server: Server, query: Form) -> tuple[Client, str]:
    for name in ("client_id", "redirect_uri"):
        if name in query.repeated:
            raise OAuthError("invalid_request", f"{name} is given more than once")
    client = await find_client(server, query.require("client_id"))
    redirect_uri = query.require("redirect_uri")
    if not any(redirect_uris.same(known, redirect_uri) for known in client.redirect_uris):
        raise OAuthError("invalid_request", "this redirect URI is not registered for the client")
    return client, redirect_uri


def _check(settings: Settings, query: Form) -> tuple[str, ...]:
    """The scopes to ask the person for; raises what the client is told by redirect."""
    if query.repeated:
        raise OAuthError("invalid_request", f"{query.repeated[0]} is given more than once")
    if query.require("response_type") != "code":
        raise OAuthError("unsupported_response_type", "only the response type code is supported")
    if query.get("response_mode") not in (None, "query"):
        raise OAuthError("invalid_request", "only the response mode query is supported")
    # RFC 7636 section 4.4.1. Without a method the challenge would be a plain one.
    if not _CHALLENGE.fullmatch(query.require("code_challenge")):
        raise OAuthError("invalid_request", "code_challenge must be 43 base64url characters")
    if query.get("code_challenge_method") != "S256":
        raise OAuthError("invalid_request", "code_challenge_method must be S256")
    check_resources(settings, query.resources)
    scopes = tuple(dict.fromkeys((query.get("scope") or "").split())) or settings.scopes
    if not set(scopes) <= set(settings.scopes_supported):
        raise OAuthError("invalid_scope", "the scope holds something this server does not grant")
    return scopes


async def _sign_in(server: Server, request: Request) -> Response:
    form = await read_form(request)
    ticket = form.get("request") or ""
    opened = _opened(server, request, ticket)
    if opened is None:
        return problem_page(_CLOSED)
    settings = server.settings
    known = _equal(form.get("username"), settings.username)
    if not (_equal(form.get("password"), settings.password) and known):
        return sign_in_page(
            settings, ticket, client=opened.client, problem="User name or password is wrong."
        )
    # A new session on sign-in, so that nobody is signed in under an id that someone else knows.
    del server.store.sessions[opened.session]
    session = server.token()
    server.store.sessions[session] = settings.username
    server.store.requests[ticket] = replace(opened, session=session)
    where = f"{settings.endpoint_path('consent')}?{urlencode({'request': ticket})}"
    return _with_session(RedirectResponse(where, 303), session, settings)


async def _show_consent(server: Server, request: Request) -> Response:
    ticket = request.query_params.get("request", "")
    opened = _opened(server, request, ticket)
    if opened is None:
        return problem_page(_CLOSED)
    if server.store.sessions[opened.session] is None:
        return sign_in_page(server.settings, ticket, client=opened.client)
    return _consent(server.settings, ticket, opened)


async def _decide(server: Server, request: Request) -> Response:
    form = await read_form(request)
    ticket = form.get("request") or ""
    opened = _opened(server, request, ticket)
    subject = server.store.sessions.get(opened.session) if opened else None
    if opened is None or subject is None:
        return problem_page(_CLOSED)
    match form.get("decision"):
        case "approve":
            answer = {"code": _issue_code(server, opened, subject), "state": opened.state}
        case "deny":
            answer = {"error": "access_denied", "state": opened.state}
        case _:
            return _consent(server.settings, ticket, opened)
    del server.store.requests[ticket]
    return _answer(server.settings, opened.redirect_uri, answer)


def _issue_code(server: Server, opened: AuthorizationRequest, subject: str) -> str:
    code = server.token()
    server.store.codes[code] = Code(
        client_id=opened.client.id,
        redirect_uri=opened.redirect_uri,
        scopes=opened.scopes,
        code_challenge=opened.code_challenge,
        subject=subject,
        family=server.token(),
        expires_at=server.clock() + server.settings.code_ttl,
    )
    return code


def _answer(settings: Settings, redirect_uri: str, answer: dict[str, str | None]) -> Response:
    """The authorization response; a query the redirect URI has already is kept.

    302, because 307 would post the person's password on to the client (RFC 9700 section 4.12).
    """
    given = {name: value for name, value in answer.items() if value is not None}
    added = urlencode({**given, "iss": settings.issuer})  # RFC 9207 section 2
    parts = urlsplit(redirect_uri)
    query = f"{parts.query}&{added}" if parts.query else added
    # Not urlunsplit: the registered URI must come back as it was written.
    location = f"{redirect_uri.partition('?')[0]}?{query}"
    return Response(status_code=302, headers={"Location": location, "Cache-Control": "no-store"})


def _consent(settings: Settings, ticket: str, opened: AuthorizationRequest) -> Response:
    return consent_page(
        settings,
        ticket,
        client=opened.client,
        redirect_uri=opened.redirect_uri,
        scopes=opened.scopes,
    )


def _opened(server: Server, request: Request, ticket: str) -> AuthorizationRequest | None:
    """The request of this ticket, if it is still open and was opened in this browser.

    The ticket is the form's CSRF token: it is worth nothing without the cookie it belongs to.
    """
    opened = server.store.requests.get(ticket)
    if opened is None or opened.expires_at <= server.clock():
        return None
    return opened if _session(server, request) == opened.session else None


def _session(server: Server, request: Request) -> str | None:
    session = request.cookies.get(SESSION_COOKIE)
    return session if session in server.store.sessions else None


def _with_session(response: Response, session: str, settings: Settings) -> Response:
    response.set_cookie(
        SESSION_COOKIE,
        session,
        path="/",
        # Over plain http, which is for loopback only, a Secure cookie would never come back.
        secure=settings.issuer.startswith("https:"),
        httponly=True,
        # Lax and not Strict: the first request comes from Claude's site.
        samesite="lax",
    )
    return response


def _equal(given: str | None, wanted: str) -> bool:
    return given is not None and hmac.compare_digest(given.encode(), wanted.encode())
