"""Bent registrations, sign-ins and token answers."""

from collections.abc import Callable
from dataclasses import replace

from bends import (
    GONE,
    at,
    bend,
    body,
    both,
    challenge,
    claims,
    header,
    member,
    method,
    noted,
    parameter,
    status,
    url,
)
from cases import (
    ASM,
    AUTHORIZE,
    BACK,
    CALLBACK,
    CONSENT,
    ISSUER,
    PAGES,
    REFRESH,
    REGISTER,
    TOKEN,
    case,
)

from harness.model.trace import Exchange, Purpose, Step, Trace


def _asks_like(trace: Trace) -> Callable[[Exchange], Exchange]:
    """The same request as the first registration."""
    first = trace.last(Step.REGISTRATION, Purpose.REGISTER)
    assert first is not None
    return lambda one: replace(one, request=first.request)


def as_public(one: Exchange) -> Exchange:
    asked = one.request.body.replace(b"client_secret_post", b"none")
    request = replace(one.request, body=asked)
    return replace(one, purpose=Purpose.REGISTER_PUBLIC, request=request)


def with_basic(one: Exchange) -> Exchange:
    headers = (*one.request.headers, ("Authorization", "Basic x"))
    return replace(one, request=replace(one.request, headers=headers))


def long_token(one: Exchange) -> Exchange:
    assert one.token is not None
    return replace(one, token=replace(one.token, length=9000))


def unsigned(one: Exchange) -> Exchange:
    assert one.token is not None
    return replace(one, token=replace(one.token, header={**one.token.header, "alg": "none"}))


REGISTRATION = [
    case(
        "dcr-level",
        bend(ASM, member(registration_endpoint=GONE)),
        revision="2025-03-26",
    ),
    case("dcr-post-json", bend(REGISTER, status(415)), era="handshake"),
    case("dcr-open", bend(REGISTER, status(401)), era="handshake"),
    case("dcr-201", bend(REGISTER, status(200)), era="handshake"),
    case("dcr-json-response", bend(REGISTER, header("content-type", "text/json")), era="handshake"),
    case("dcr-client-id", bend(REGISTER, member(client_id=GONE)), era="handshake"),
    case(
        "dcr-secret-expiry",
        bend(REGISTER, member(client_secret_expires_at=GONE)),
        era="handshake",
    ),
    case(
        "dcr-secret-consistent",
        bend(REGISTER, member(token_endpoint_auth_method="none")),
        era="handshake",
    ),
    case(
        "dcr-method-usable",
        bend(REGISTER, member(token_endpoint_auth_method="private_key_jwt")),
        era="handshake",
    ),
    case("dcr-echo", bend(REGISTER, member(client_name=GONE)), era="handshake"),
    case(
        "dcr-echo-redirects",
        bend(REGISTER, member(redirect_uris=[f"{CALLBACK}/"])),
        era="handshake",
    ),
    case("dcr-no-null", bend(REGISTER, member(client_uri=None)), era="handshake"),
    case("dcr-no-store", bend(REGISTER, header("cache-control", None)), era="handshake"),
    case(
        "dcr-7592-pair",
        bend(REGISTER, member(registration_access_token="<registration_token:1 9>")),
        era="handshake",
    ),
    case(
        "dcr-redirect-claude",
        bend(REGISTER, status(400), body('{"error": "invalid_redirect_uri"}')),
        era="handshake",
    ),
    case(
        "dcr-grant-types",
        bend(REGISTER, member(grant_types=["authorization_code"])),
        era="handshake",
    ),
    case(
        "dcr-auth-method-none",
        both(
            bend(
                REGISTER,
                lambda one: replace(one, purpose=Purpose.REGISTER_PUBLIC),
                status(400),
                body(
                    '{"error": "invalid_client_metadata", '
                    '"error_description": "token_endpoint_auth_method"}'
                ),
            )
        ),
        era="handshake",
    ),
    case("dcr-error-format", bend(REGISTER, status(422)), era="handshake"),
    case(
        "dcr-repeatable",
        lambda trace: bend(
            at(Step.REGISTRATION, Purpose.REGISTER_AGAIN), _asks_like(trace), status(429)
        )(trace),
        era="handshake",
    ),
    case(
        "dcr-immediately-usable",
        bend(at(Step.AUTHORIZE, Purpose.FRESH_CLIENT), status(400)),
    ),
    case(
        "dcr-default-scope",
        bend(BACK, parameter(code=GONE, error="invalid_scope")),
        "authz-offline-access",
        era="handshake",
    ),
    case(
        "cimd-accepts-url-client",
        bend(BACK, parameter(code=GONE, error="unauthorized_client")),
    ),
    case(
        "cimd-public-token",
        bend(TOKEN, status(401), body('{"error": "invalid_client"}')),
        "tok-public-client",
    ),
    case("cimd-show-host", bend(PAGES, body("<html>Allow?</html>"))),
    case("cimd-generated-ids", bend(REGISTER, member(client_id="https://x.test/1"))),
]

SIGN_IN = [
    case("authz-get", bend(AUTHORIZE, status(405)), "cimd-accepts-url-client"),
    case(
        "authz-resource-accepted",
        bend(BACK, parameter(code=GONE, error="invalid_target")),
    ),
    case("authz-resource-default", bend(at(Step.AUTHORIZE, Purpose.NO_RESOURCE), status(400))),
    case(
        "authz-error-redirect",
        bend(AUTHORIZE, status(400), body('{"error": "server_error"}', "application/json")),
        "cimd-accepts-url-client",
    ),
    case("authz-no-307", bend(CONSENT, status(307))),
    case("authz-callback-get", bend(BACK, method("POST"))),
    case(
        "authz-missing-scope",
        bend(AUTHORIZE, parameter(scope=GONE), status(500)),
        "authz-get",
        "cimd-accepts-url-client",
    ),
    case(
        "authz-offline-access",
        bend(BACK, parameter(code=GONE, error="invalid_scope")),
    ),
    case(
        "authz-auth-first",
        bend(AUTHORIZE, status(302), header("location", f"{CALLBACK}?code=x&state=y")),
    ),
    case("authz-no-cors", bend(AUTHORIZE, header("access-control-allow-origin", "*"))),
    case(
        "authz-clickjacking",
        bend(
            PAGES,
            header("x-frame-options", None),
            header("content-security-policy", "frame-ancestors *"),
        ),
    ),
    case("cb-exact-uri", bend(BACK, url(f"{CALLBACK}/?code=x&iss={ISSUER}")), "cb-state"),
    case("cb-code", bend(BACK, parameter(code=""))),
    case("cb-state", bend(BACK, parameter(state="other"))),
    case("cb-no-dup", bend(BACK, parameter(iss=[ISSUER, ISSUER]))),
    case(
        "cb-iss-present",
        bend(BACK, parameter(iss=GONE)),
        "cb-iss-promised",
    ),
    case("cb-iss-value", bend(BACK, parameter(iss=f"{ISSUER}/"))),
    case("cb-iss-promised", bend(BACK, parameter(iss=GONE)), era="handshake"),
    case("cb-no-token", bend(BACK, parameter(access_token="x"))),
    case("cb-error-code", bend(BACK, parameter(code=GONE, error='bad"one'))),
]

TOKENS = [
    case("tok-post-form", bend(TOKEN, status(415)), "tok-error-format"),
    case(
        "tok-no-redirect",
        bend(TOKEN, status(307), header("location", "/elsewhere")),
    ),
    case("tok-200-json", bend(TOKEN, header("content-type", "text/plain"))),
    case("tok-no-store", bend(TOKEN, header("cache-control", "no-cache"))),
    case("tok-access-token", bend(TOKEN, member(access_token="with space"))),
    case("tok-access-token", bend(TOKEN, long_token)),
    case("tok-token-type", bend(TOKEN, member(token_type="DPoP"))),
    case("tok-expires-in", bend(TOKEN, member(expires_in="3600"))),
    case("tok-scope-returned", bend(TOKEN, member(scope=GONE), claims(scope="notes:read"))),
    case("tok-no-null", bend(TOKEN, member(id_token=None))),
    case(
        "tok-redirect-uri-accepted",
        bend(
            TOKEN,
            status(400),
            body('{"error": "invalid_request", "error_description": "redirect_uri"}'),
        ),
    ),
    case(
        "tok-resource-accepted",
        bend(TOKEN, status(400), body('{"error": "invalid_target"}')),
    ),
    case(
        "tok-secret-post",
        bend(TOKEN, status(401), body('{"error": "invalid_client"}')),
        era="handshake",
    ),
    case("tok-aud", bend(TOKEN, claims(aud="https://other.test")), "ref-resource"),
    case("tok-jwt-profile", bend(TOKEN, unsigned)),
    case("tok-jwt-profile", bend(TOKEN, claims(client_id=GONE))),
    case("tok-lifetime", bend(TOKEN, member(expires_in=604800))),
    case("tok-error-format", bend(at(Step.TOKEN, Purpose.BOGUS_CODE), status(500))),
    case(
        "tok-code-once",
        bend(at(Step.TOKEN, Purpose.USED_CODE), status(200), member(access_token="x", error=GONE)),
    ),
    case(
        "tok-invalid-client-401",
        bend(at(Step.TOKEN, Purpose.BOGUS_CODE), member(error="invalid_client")),
    ),
    case(
        "tok-401-basic-challenge",
        bend(
            at(Step.TOKEN, Purpose.BOGUS_CODE),
            with_basic,
            status(401),
            member(error="invalid_client"),
        ),
    ),
    case("ref-works", bend(REFRESH, status(400), body('{"error": "invalid_grant"}'))),
    case("ref-resource", bend(REFRESH, claims(aud="https://other.test"))),
    case("ref-rotation", bend(REFRESH, member(refresh_token=GONE))),
    case(
        "ref-reuse",
        bend(
            at(Step.REFRESH, Purpose.SPENT_REFRESH),
            status(200),
            member(access_token="x", error=GONE),
        ),
    ),
    case(
        "ref-invalid-grant",
        bend(at(Step.REFRESH, Purpose.BOGUS_REFRESH), member(error="invalid_request")),
    ),
    case("ref-no-widening", bend(REFRESH, member(scope="notes:read notes:write offline_access"))),
]

CLIENTS = [
    case(
        "asm-0326-defaults",
        both(noted(Step.SERVER_METADATA, endpoints="guessed"), bend(TOKEN, status(404))),
        revision="2025-03-26",
    ),
    case(
        "dcr-auth-method-post",
        both(
            bend(
                at(Step.REGISTRATION, Purpose.REGISTER),
                status(400),
                body('{"error": "invalid_client_metadata"}'),
            ),
            bend(at(Step.REGISTRATION, Purpose.REGISTER_AGAIN), as_public),
        ),
        era="handshake",
    ),
    case(
        "tok-public-client",
        both(
            noted(Step.REGISTRATION, way="given"),
            bend(TOKEN, status(401), body('{"error": "invalid_client"}')),
        ),
    ),
    case(
        "tok-secret-basic",
        both(
            noted(Step.REGISTRATION, way="given"),
            bend(
                TOKEN,
                with_basic,
                status(401),
                body('{"error": "invalid_client"}'),
                challenge('Basic realm="x"'),
            ),
        ),
    ),
    case(
        "sh-notification-202",
        bend(at(Step.SESSION, Purpose.INITIALIZED), status(204)),
        era="handshake",
        revision="2026-07-28",
    ),
]

CASES = [*REGISTRATION, *SIGN_IN, *TOKENS, *CLIENTS]
