"""Bent answers from the first call to the metadata of both servers."""

from dataclasses import replace

from bends import (
    GONE,
    Bend,
    at,
    bend,
    body,
    both,
    challenge,
    header,
    member,
    no_answer,
    status,
    target,
    url,
)
from cases import (
    ASM,
    ENDPOINT,
    ISSUER,
    OPENING,
    PAGE,
    POINTED,
    POINTER,
    PRM,
    ROOT,
    TOOLS,
    case,
)

from harness.model.trace import Connection, Exchange, Purpose, Step


def reached(connection: Connection) -> Bend:
    return bend(OPENING, lambda one: replace(one, connection=connection))


def renamed(purpose: Purpose) -> Bend:
    """The same exchange, asked for another purpose."""
    return bend(ASM, lambda one: replace(one, purpose=purpose))


def _body(exchange: Exchange) -> bytes:
    assert exchange.response is not None
    return exchange.response.body


NETWORK = [
    case(
        "net-https-mcp",
        target("http://mcp.reference.test/mcp"),
        # The resource is another then, and nothing was posted to this one.
        "prm-resource-covers",
        "prm-resource-match",
        "probe-rm-https-behind-proxy",
    ),
    case(
        "net-https-as",
        bend(ASM, member(jwks_uri="http://auth.reference.test/jwks")),
    ),
    case(
        "net-https-prm",
        bend(PRM, member(resource="http://mcp.reference.test/mcp")),
        "prm-resource-covers",
        "prm-resource-match",
        "prm-as-crosscheck",
        "tok-aud",
    ),
    case(
        "net-tls-valid",
        reached(Connection(host="x.test", port=443, verify_errors=("expired",))),
    ),
    case(
        "net-public-address",
        reached(Connection(host="x.test", port=443, addresses=("10.0.0.1",))),
    ),
    case("net-ipv4", reached(Connection(host="x.test", port=443, addresses=("2600::1",)))),
    case(
        "net-egress-reachable",
        bend(
            lambda one: OPENING(one) and one.n == 3,
            status(403),
        ),
        "probe-401-before-dispatch",
    ),
    case(
        "net-no-html-interstitial",
        bend(ROOT, body(PAGE, "text/html")),
    ),
    case(
        "net-mcp-no-redirect",
        bend(TOOLS, status(307), header("location", f"{ENDPOINT}/")),
    ),
    case(
        "net-trailing-slash",
        both(
            target(f"{ENDPOINT}/"),
            bend(at(Step.CHALLENGE, Purpose.OTHER_SLASH), status(404)),
        ),
        "prm-resource-match",
    ),
    case(
        "net-wellknown-public",
        bend(PRM, status(401), body("")),
        "prm-exists",
        "prm-200",
        "prm-path-inserted",
        "probe-rm-url",
    ),
    case(
        "net-wellknown-no-redirect",
        bend(ROOT, status(302), header("location", "https://elsewhere.test/x")),
    ),
    case(
        "net-no-credentials-in-url",
        target(f"{ENDPOINT}?api_key=1"),
        "prm-resource-match",
    ),
]

PROBE = [
    case("probe-401", bend(at(Step.CHALLENGE, Purpose.DISCOVER), status(404))),
    case(
        "probe-401-before-dispatch",
        bend(at(Step.CHALLENGE, Purpose.DISCOVER), status(400)),
        era="handshake",
    ),
    case("probe-401-all-methods", bend(at(Step.CHALLENGE, Purpose.HEAD), status(200))),
    case(
        "probe-challenge-present",
        bend(at(Step.CHALLENGE, Purpose.HEAD), challenge(None)),
    ),
    case(
        "probe-rm-0618",
        bend(OPENING, challenge('Bearer scope="notes:read"')),
        revision="2025-06-18",
    ),
    case(
        "probe-rm-or-wellknown",
        both(bend(OPENING, challenge('Bearer scope="notes:read"')), bend(PRM, status(404))),
        "prm-exists",
        "prm-200",
        "prm-path-inserted",
    ),
    case(
        "probe-rm-url",
        bend(OPENING, challenge('Bearer resource_metadata="/relative", scope="notes:read"')),
    ),
    case(
        "probe-rm-https-behind-proxy",
        bend(
            OPENING,
            challenge(
                'Bearer resource_metadata="http://10.0.0.3/.well-known/x", scope="notes:read"'
            ),
        ),
        "probe-rm-url",
    ),
    case("probe-grammar", bend(at(Step.CHALLENGE, Purpose.HEAD), challenge("Bearer"))),
    case(
        "probe-param-quoting",
        bend(
            OPENING,
            challenge(f'Bearer resource_metadata={POINTER}, scope="notes:read"'),
        ),
    ),
    case(
        "probe-bearer-first",
        bend(at(Step.CHALLENGE, Purpose.HEAD), challenge('Basic realm="x", Bearer scope="y"')),
    ),
    case(
        "probe-no-error-without-token",
        bend(
            OPENING,
            challenge(
                f'Bearer resource_metadata="{POINTER}", scope="notes:read", error="invalid_token"'
            ),
        ),
    ),
    case(
        "probe-scope-hint",
        bend(OPENING, challenge(f'Bearer resource_metadata="{POINTER}"')),
    ),
    case(
        "probe-scope-syntax",
        bend(
            OPENING,
            challenge(f'Bearer resource_metadata="{POINTER}", scope="notes:read,notes:write"'),
        ),
        "prm-scopes-accepted-by-as",
    ),
    case(
        "probe-no-offline-access",
        bend(
            OPENING,
            challenge(f'Bearer resource_metadata="{POINTER}", scope="notes:read offline_access"'),
        ),
    ),
]

RESOURCE_METADATA = [
    case(
        "prm-exists",
        bend(PRM, status(404)),
        "prm-200",
        "prm-path-inserted",
        "probe-rm-url",
    ),
    case(
        "prm-path-inserted",
        bend(POINTED, status(404)),
        "prm-200",
        "probe-rm-url",
        # The root copy is the only one then, and it is for the origin.
        "prm-as-crosscheck",
        "tok-aud",
    ),
    case("prm-200", bend(ROOT, status(203))),
    case("prm-content-type", bend(PRM, header("content-type", "text/plain"))),
    case(
        "prm-json",
        bend(ROOT, lambda one: body(b"\xef\xbb\xbf" + _body(one))(one)),
    ),
    case("prm-json", bend(ROOT, lambda one: body(b'{"resource": "x",' + _body(one)[1:])(one))),
    case("prm-json", bend(ROOT, body("[]"))),
    case("prm-no-404-5xx-mix", bend(ROOT, status(500))),
    case(
        "prm-no-404-5xx-mix",
        bend(ROOT, no_answer()),
    ),
    case(
        "prm-resource-present",
        bend(ROOT, member(resource=GONE)),
    ),
    case(
        "prm-resource-url",
        bend(PRM, member(resource=f"{ENDPOINT}#x")),
        "prm-resource-match",
        "prm-as-crosscheck",
        "tok-aud",
    ),
    case(
        "prm-resource-match",
        bend(POINTED, member(resource="https://mcp.reference.test")),
        "prm-as-crosscheck",
        "tok-aud",
    ),
    case(
        "prm-resource-covers",
        bend(ROOT, member(resource="https://www.mcp.reference.test/mcp")),
        "prm-resource-match",
    ),
    case(
        "prm-resource-slash",
        bend(ROOT, member(resource=f"{ENDPOINT}/")),
        "prm-resource-match",
    ),
    case(
        "prm-as-present",
        bend(ROOT, member(authorization_servers=GONE)),
        "prm-consistent",
    ),
    case(
        "prm-as-issuer-urls",
        bend(ROOT, member(authorization_servers=[f"{ISSUER}/.well-known/openid-configuration"])),
        "prm-consistent",
    ),
    case(
        "prm-as-first-usable",
        bend(ASM, member(token_endpoint=GONE)),
        "asm-token-endpoint",
    ),
    case(
        "prm-as-exact-issuer",
        bend(PRM, member(authorization_servers=[f"{ISSUER}/"])),
    ),
    case(
        "prm-scopes-type",
        bend(PRM, member(scopes_supported="notes:read")),
    ),
    case(
        "prm-scopes-minimal",
        both(
            bend(PRM, member(scopes_supported=[f"s{n}" for n in range(11)])),
            bend(ASM, member(scopes_supported=[*(f"s{n}" for n in range(11)), "notes:read"])),
        ),
        # The server announces other scopes than were asked for.
        era="handshake",
    ),
    case(
        "prm-scopes-accepted-by-as",
        bend(PRM, member(scopes_supported=["notes:read", "unheard"])),
    ),
    case("prm-no-offline-access", bend(PRM, member(scopes_supported=["offline_access"]))),
    case("prm-bearer-methods", bend(PRM, member(bearer_methods_supported=["query"]))),
    case("prm-no-empty-arrays", bend(PRM, member(resource_signing_alg_values_supported=[]))),
    case("prm-no-null", bend(PRM, member(jwks_uri=None))),
    case("prm-dpop-required", bend(PRM, member(dpop_bound_access_tokens_required=True))),
    case("prm-mtls-required", bend(PRM, member(tls_client_certificate_bound_access_tokens=True))),
    case("prm-consistent", bend(ROOT, member(scopes_supported=["notes:write"]))),
    case("prm-as-crosscheck", bend(ASM, member(protected_resources=["https://other.test"]))),
    case("prm-cache", bend(PRM, header("cache-control", "max-age=604800"))),
    case("prm-cache", bend(PRM, header("cache-control", None))),
]

SERVER_METADATA = [
    case(
        "asm-0326",
        bend(
            POINTED,
            url("https://mcp.reference.test/.well-known/oauth-authorization-server"),
            status(404),
        ),
        revision="2025-03-26",
    ),
    case("asm-0618", bend(ASM, status(404)), "prm-as-first-usable", revision="2025-06-18"),
    case("asm-1125", bend(ASM, status(404)), "prm-as-first-usable"),
    case("asm-200-json", bend(ASM, header("content-type", "text/plain"))),
    case(
        "asm-404-clean",
        bend(ASM, status(503)),
        "asm-1125",
        "prm-as-first-usable",
    ),
    case("asm-issuer-present", bend(ASM, member(issuer=GONE)), "tok-jwt-profile"),
    case(
        "asm-issuer-match",
        bend(ASM, member(issuer=f"{ISSUER}/")),
        "prm-as-exact-issuer",
        "cb-iss-value",
        "tok-jwt-profile",
    ),
    case(
        "asm-authz-endpoint",
        bend(ASM, member(authorization_endpoint=f"{ISSUER}/authorize#x")),
    ),
    case("asm-token-endpoint", bend(ASM, member(token_endpoint=f"{ISSUER}/token#x"))),
    case("asm-registration-endpoint-url", bend(ASM, member(registration_endpoint="/register"))),
    case("asm-oidc-required", renamed(Purpose.OIDC)),
    case("asm-no-null", bend(ASM, member(op_policy_uri=None))),
    case("asm-response-types", bend(ASM, member(response_types_supported=["id_token"]))),
    case("asm-response-modes", bend(ASM, member(response_modes_supported=["form_post"]))),
    case("asm-grant-types", bend(ASM, member(grant_types_supported=["authorization_code"]))),
    case(
        "asm-no-insecure-grants",
        bend(
            ASM,
            member(grant_types_supported=["authorization_code", "refresh_token", "password"]),
        ),
    ),
    case("asm-pkce-present", bend(ASM, member(code_challenge_methods_supported=GONE))),
    case("asm-pkce-s256", bend(ASM, member(code_challenge_methods_supported=["s256"]))),
    case(
        "asm-auth-methods-default",
        bend(ASM, member(token_endpoint_auth_methods_supported=GONE)),
        "asm-auth-methods-none-cimd",
    ),
    case(
        "asm-auth-methods-usable",
        bend(ASM, member(token_endpoint_auth_methods_supported=["private_key_jwt"])),
        "asm-auth-methods-none-cimd",
    ),
    case(
        "asm-auth-methods-none-cimd",
        bend(ASM, member(token_endpoint_auth_methods_supported=["client_secret_post"])),
    ),
    case(
        "asm-registration-path",
        bend(
            ASM,
            member(registration_endpoint=GONE, client_id_metadata_document_supported=GONE),
        ),
        "asm-cimd-flag",
    ),
    case("asm-cimd-flag", bend(ASM, member(client_id_metadata_document_supported="true"))),
    case(
        "asm-iss-flag",
        bend(ASM, member(authorization_response_iss_parameter_supported=GONE)),
    ),
    case("asm-scopes-supported", bend(ASM, member(scopes_supported="notes:read offline_access"))),
    case("asm-par-not-required", bend(ASM, member(require_pushed_authorization_requests=True))),
    case("asm-jar-not-required", bend(ASM, member(require_signed_request_object=True))),
]

CASES = [*NETWORK, *PROBE, *RESOURCE_METADATA, *SERVER_METADATA]
