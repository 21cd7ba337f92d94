"""What a refusal usually means: by the step, the status and the time it took."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.model.access_log import Seen
from harness.model.trace import Purpose, Step
from harness.model.verdict import Surface


@dataclass(frozen=True)
class Meaning:
    """One sentence, and the ids of the known failures that fit, the likeliest first."""

    text: str
    ids: tuple[str, ...] = ()


_REDIRECTS = (301, 302, 303, 307, 308)
_GATEWAY = (502, 503, 504, *range(520, 531))
_ANY = range(1000)
_SLOW = (408, 499, 504, 524)
_LIMITS = {Step.REFRESH: 30.0}

type _Rows = tuple[tuple[range | tuple[int, ...], str, str], ...]

_BEHIND = "the proxy in front got no answer from the server behind it"
_ERROR = "the server itself failed; its error log has the reason"

_CHALLENGE: _Rows = (
    (_REDIRECTS, "only a redirect on the same host that keeps the POST (307, 308) does no harm",
     "mcp-trailing-slash-redirect cross-host-redirect-drops-auth redirect-scheme-downgrade "
     "cloudflare-access-gate"),
    ((404, 405), "nothing speaks MCP at this path, or the proxy does not hand it on",
     "post-not-routed url-is-not-an-mcp-server legacy-sse-only"),
    ((406,), "the server wants an Accept header that Claude's first request does not have",
     "accept-header-406"),
    ((421,), "the server does not take the public host name for its own", "host-header-421"),
    ((403, 429), "only 401 starts the sign-in; something in front turns Claude away",
     "edge-js-challenge-on-discovery vercel-security-checkpoint cloudflare-access-gate "
     "precondition-400-before-auth"),
    ((400, 422), "only 401 starts the sign-in; something is checked before it",
     "precondition-400-before-auth host-header-421"),
    (_GATEWAY, _BEHIND, ""),
    (_ANY, _ERROR, "protocol-version-error-or-hang"),
)  # fmt: skip
_RESOURCE: _Rows = (
    ((401, 403), "the metadata is public by definition: whatever protects the server covers "
     "/.well-known/ too", "prm-requires-auth edge-js-challenge-on-discovery"),
    ((404, 405), "the document is at neither address, so Claude does not learn of the "
     "authorization server and takes this host for it",
     "challenge-without-resource-metadata prm-host-cannot-serve-root-wellknown"),
    (_REDIRECTS, "the address of the metadata redirects", "i18n-locale-prefix"),
    ((429,), "a limit or a firewall turns Claude away",
     "vercel-security-checkpoint edge-js-challenge-on-discovery"),
    (_GATEWAY, _BEHIND, ""),
    (_ANY, _ERROR, ""),
)  # fmt: skip
_SERVER: _Rows = (
    ((401, 403, 429), "something in front of the authorization server turns Claude away",
     "idp-waf-blocks-discovery edge-js-challenge-on-discovery"),
    ((404, 405), "the authorization server's metadata is at none of the addresses Claude asks; "
     "or the resource metadata names no server Claude can use, and it guesses",
     "as-path-issuer-wellknown prm-authorization-servers-missing prm-http-scheme-behind-proxy "
     "as-external-ignored"),
    (_GATEWAY, _BEHIND, ""),
    (_ANY, _ERROR, ""),
)  # fmt: skip
_REGISTRATION: _Rows = (
    (_REDIRECTS, "a redirect does not keep what is posted", "as-endpoint-redirects "
     "token-csrf-or-login-html"),
    ((400, 422), "the server refuses something in Claude's registration; the body says what",
     "dcr-rejects-confidential dcr-redirect-host-rejected dcr-rejects-jwt-bearer-grant "
     "dcr-rejects-refresh-grant"),
    ((401,), "the registration wants a token or a login", "dcr-requires-auth"),
    ((403, 419), "the registration is switched off, guarded by a policy, or blocked in front",
     "dcr-disabled-at-idp dcr-keycloak-trusted-hosts token-csrf-or-login-html"),
    ((404, 405, 501), "there is no registration at this address", "dcr-endpoint-404"),
    ((429,), "a rate limit refuses Claude, whose requests come from few addresses",
     "dcr-rate-limited"),
    (_GATEWAY, _BEHIND, "dcr-xff-rate-limiter-crash"),
    (_ANY, _ERROR, "dcr-xff-rate-limiter-crash"),
)  # fmt: skip
_AUTHORIZE: _Rows = (
    ((400, 401, 422), "the authorization server refuses the request; its page says why",
     "authorize-redirect-uri-rejected dcr-clients-not-persisted dcr-stale-client-cached-by-claude "
     "cimd-document-not-fetchable"),
    ((404, 405), "there is no sign-in page at this address",
     "as-external-ignored as-path-issuer-wellknown"),
    ((403, 429), "the sign-in page is refused before it is shown", "token-csrf-or-login-html"),
    (_GATEWAY, _BEHIND, ""),
    (_ANY, _ERROR, "cimd-document-not-fetchable"),
)  # fmt: skip
_TOKEN: _Rows = (
    (_REDIRECTS, "a redirect does not keep what is posted",
     "as-endpoint-redirects token-csrf-or-login-html"),
    ((400,), "the token endpoint refuses; the body, which is not in the log, says why",
     "token-invalid-target token-pkce-mismatch token-state-in-memory token-endpoint-json-only"),
    ((401,), "the token endpoint does not accept the client: its secret, or how it comes",
     "token-client-secret-basic-only token-static-secret-wrong dcr-clients-not-persisted "
     "token-auth-method-unsupported-other"),
    ((403, 419), "a guard for browsers, or a firewall, answers instead of the endpoint",
     "token-csrf-or-login-html idp-waf-blocks-discovery"),
    ((415, 422), "the endpoint wants JSON where OAuth has a form", "token-endpoint-json-only"),
    ((404, 405), "there is no token endpoint at this address", "as-external-ignored"),
    ((429,), "a rate limit refuses Claude", "dcr-rate-limited"),
    (_GATEWAY, _BEHIND, ""),
    (_ANY, _ERROR, "token-error-not-oauth-json"),
)  # fmt: skip
_CONNECT: _Rows = (
    (_REDIRECTS, "the redirect leads away, and the token is dropped where the host changes",
     "cross-host-redirect-drops-auth mcp-trailing-slash-redirect redirect-scheme-downgrade"),
    ((401,), "the server refuses the token it was just given, or never gets to see it",
     "authorization-header-stripped bearer-audience-mismatch bearer-issuer-mismatch "
     "bearer-opaque-token"),
    ((403,), "the token was read and the user is not let in, or a firewall minds the call",
     "bearer-403-valid-token edge-ip-allowlist-blocks-anthropic edge-blocks-claude-user-agent "
     "authorize-missing-required-scope"),
    ((404, 405), "with a token the call lands elsewhere than without one",
     "lb-route-bare-path connector-url-case-mangled session-affinity-lost"),
    ((400, 406, 415, 422), "the server minds the MCP version, a header or the message",
     "protocol-version-error-or-hang server-discover-unsupported session-id-not-echoed"),
    (_GATEWAY, _BEHIND, "initialize-slow-10s"),
    (_ANY, _ERROR, "protocol-version-error-or-hang server-discover-unsupported"),
)  # fmt: skip
_SESSION: _Rows = (
    ((400, 404), "the first call went well and the next did not: mostly the session got lost",
     "session-affinity-lost session-id-not-echoed protocol-header-newer-than-negotiated"),
    *_CONNECT,
)  # fmt: skip
_REFRESH: _Rows = (
    ((400, 401), "the refresh token is not good any more",
     "refresh-tokens-not-persisted refresh-rotation-race refresh-wrong-error-code"),
    ((429,), "a rate limit refuses the refresh", "refresh-rate-limited"),
    (_GATEWAY, _BEHIND, ""),
    (_ANY, _ERROR, "refresh-wrong-error-code"),
)  # fmt: skip
_TABLE = {
    Step.CHALLENGE: _CHALLENGE,
    Step.RESOURCE_METADATA: _RESOURCE,
    Step.SERVER_METADATA: _SERVER,
    Step.REGISTRATION: _REGISTRATION,
    Step.AUTHORIZE: _AUTHORIZE,
    Step.LOGIN: _AUTHORIZE,
    Step.TOKEN: _TOKEN,
    Step.CONNECT: _CONNECT,
    Step.SESSION: _SESSION,
    Step.REFRESH: _REFRESH,
}


def meaning(seen: Seen, surface: Surface | None) -> Meaning:
    """What the answer to a request usually means."""
    if (slow := too_slow(seen, surface)) is not None:
        return slow
    status = seen.line.status
    if status is None or status == 0:
        return Meaning("the log has no status: the connection was cut before an answer")
    text, ids = next(row[1:] for row in _TABLE[seen.step] if status in row[0])
    return Meaning(text, tuple(ids.split()))


def too_slow(seen: Seen, surface: Surface | None) -> Meaning | None:
    """What it means when an answer came later than Claude waits, or never."""
    if seen.purpose in (Purpose.STREAM, Purpose.END_SESSION, Purpose.PAGE, Purpose.AUTHORIZE):
        return None
    limit = 30.0 if surface is Surface.CLAUDE_CODE else _LIMITS.get(seen.step, 10.0)
    took = seen.line.seconds
    left = seen.line.status in _SLOW
    if not left and (took is None or took < limit):
        return None
    if took is not None and took < 1:
        return None
    said = (
        f"the answer took {took:.1f} s" if took is not None else "the answer did not come in time"
    )
    text = f"{said}; Claude waits {limit:.0f} s here"
    calls = seen.step in (Step.CONNECT, Step.SESSION, Step.CHALLENGE)
    return Meaning(text, ("initialize-slow-10s",) if calls else ("oauth-endpoint-slow",))


def every_id() -> Iterator[str]:
    for rows in _TABLE.values():
        for _, _, ids in rows:
            yield from ids.split()
