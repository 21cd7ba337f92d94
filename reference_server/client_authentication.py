"""Who asks at the token and revocation endpoints (RFC 6749 section 2.3)."""

import base64
import binascii
import hmac
from urllib.parse import unquote_plus

from starlette.requests import Request

from reference_server.answers import Form, OAuthError
from reference_server.registration import UnknownClientError, find_client
from reference_server.server import Server
from reference_server.store import Client


async def authenticate(server: Server, request: Request, form: Form) -> Client:
    """The client that asks, by `none`, `client_secret_post` or `client_secret_basic`.

    A client with a secret may send it either way: what counts is that it has it.
    """
    authorization = request.headers.get("authorization")
    if authorization is None:
        client_id, secret = form.get("client_id"), form.get("client_secret")
    else:
        client_id, secret = _basic(authorization, form)
    basic = authorization is not None
    if client_id is None:
        raise _invalid_client("the client does not say who it is", basic=basic)
    try:
        client = await find_client(server, client_id)
    except UnknownClientError as problem:
        raise _invalid_client(str(problem), basic=basic) from problem
    if not _secret_matches(client, secret):
        raise _invalid_client("the client secret is wrong or missing", basic=basic)
    return client


def _basic(authorization: str, form: Form) -> tuple[str, str | None]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise _invalid_client("only Basic authentication is supported here", basic=True)
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as problem:
        raise _invalid_client("the Basic credentials cannot be read", basic=True) from problem
    user, colon, password = decoded.partition(":")
    if not colon:
        raise _invalid_client("the Basic credentials have no colon", basic=True)
    if form.get("client_secret") is not None:
        raise OAuthError("invalid_request", "the client authenticates in two ways at once")
    # Both halves are form-encoded before they are joined (RFC 6749 section 2.3.1).
    client_id, secret = unquote_plus(user), unquote_plus(password)
    if form.get("client_id") not in (None, client_id):
        raise OAuthError("invalid_request", "the client names two different client ids")
    return client_id, secret or None


def _secret_matches(client: Client, secret: str | None) -> bool:
    if client.secret is None or secret is None:
        return client.secret is secret
    return hmac.compare_digest(client.secret.encode(), secret.encode())


def _invalid_client(description: str, *, basic: bool) -> OAuthError:
    # RFC 6749 section 5.2: a challenge when the client used the Authorization header.
    headers = {"WWW-Authenticate": 'Basic realm="reference server"'} if basic else {}
    return OAuthError("invalid_client", description, status=401, headers=headers)
