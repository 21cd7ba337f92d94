"""The server compares the port of Claude Code's redirect URI.

What happens
    Claude Code waits for the answer on a free port of the user's own machine. The server knows the
    redirect URI without a port, from Claude Code's client metadata document, or with another one,
    and refuses it: "Invalid redirect URI" on a page of the server. With the document it never
    works; with dynamic registration it works until another port is taken. claude.ai does not use
    such addresses and is not concerned.

Why it breaks
    For loopback redirect URIs the port has to be left out of the comparison, because a native app
    takes whatever port is free (RFC 8252 section 7.3). Claude Code's client metadata document lists
    `http://localhost/callback` and `http://127.0.0.1/callback`, without any port, and the requests
    name `localhost`. Some servers ignore the port for `127.0.0.1` alone, as that section is
    written; that does not help here.

Fix
    Compare scheme, host, path and query, and ignore the port where the scheme is `http` and the
    host is `localhost`, `127.0.0.1` or `[::1]`. Everything else stays an exact comparison:

        const loopback = ["localhost", "127.0.0.1", "[::1]"];
        const one = new URL(registered), two = new URL(asked);
        if (two.protocol === "http:" && loopback.includes(two.hostname))
          one.port = two.port = "";
        return one.href === two.href;

    Recent releases of the TypeScript SDK, FastMCP and Cloudflare's `workers-oauth-provider` do so;
    the Python SDK (2.3) and, by a report of April 2026, Better Auth compare the whole string. Until
    it is mended a user can sign in with a client that is registered with a port of its own
    (`http://localhost:8080/callback`); a fixed port alone does not help against the document:

        claude mcp add --transport http --client-id CLIENT-ID \\
          --callback-port 8080 NAME https://YOUR-HOST/mcp

    No line of the answer may speak of the redirect URI:

        curl -siG https://YOUR-ISSUER/authorize \\
          -d response_type=code -d state=x -d code_challenge_method=S256 \\
          -d code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM \\
          -d client_id=https://claude.ai/oauth/claude-code-client-metadata \\
          -d redirect_uri=http://localhost:2222/callback
"""

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from harness.diagnosis.browsing import answered_refusal, parameters
from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, status_evidence
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.AUTHORIZE,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.NONE, Surface.CLAUDE_CODE: Impact.BREAKS},
    confidence=Confidence.REPORTED,
    reports=3,
    explains=("authorize.answers",),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/brendanlong/lion-reader/issues/903", seen="2026-06-11"),
        Source("github.com/actionhero/keryx/issues/533", seen="2026-08-07"),
        Source("github.com/dodopayments/dodopayments-typescript/issues/291", seen="2026-06-15"),
        Source("github.com/mbailey/voicemode/issues/329", seen="2026-03-27"),
        Source("claude.com/docs/connectors/building/authentication", seen="2026-09"),
    ),
)

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for asked in trace.at(Step.AUTHORIZE, Purpose.AUTHORIZE, exploration=False):
        uri = parameters(asked).get("redirect_uri", "")
        refused = answered_refusal(asked)
        if not _is_loopback(uri) or refused is None or not (asked.status or 0) >= 400:
            continue
        registered = [one for one in _registered(trace, asked) if _differs_in_port(one, uri)]
        if registered and (asked.status == 500 or "redirect" in refused.said.lower()):
            yield evidence(asked, "request.query.redirect_uri", uri, registered[0])
            yield status_evidence(asked, "a sign-in page")


def _registered(trace: Trace, asked: Exchange) -> list[str]:
    """The redirect URIs that the client of a request registered in this trace or publishes."""
    client_id = parameters(asked).get("client_id", "")
    if client_id.startswith("https://claude.ai/oauth/claude-code"):
        return ["http://localhost/callback", "http://127.0.0.1/callback"]
    found: list[str] = []
    for one in trace.at(Step.REGISTRATION, Purpose.REGISTER):
        document = one.json_object or {}
        uris = (one.request.json_object or {}).get("redirect_uris")
        if document.get("client_id") == client_id and isinstance(uris, list):
            found.extend(uri for uri in uris if isinstance(uri, str))
    return found


def _differs_in_port(registered: str, asked: str) -> bool:
    one, two = _split(registered), _split(asked)
    if one is None or two is None or one.netloc == two.netloc:
        return False
    return (one.scheme, one.hostname, one.path) == (two.scheme, two.hostname, two.path)


def _is_loopback(uri: str) -> bool:
    parts = _split(uri)
    return parts is not None and parts.scheme == "http" and parts.hostname in _LOOPBACK


def _split(uri: str) -> SplitResult | None:
    try:
        return urlsplit(uri)
    except ValueError:
        return None


@pattern.recording
def recording() -> Trace:
    return traffic(
        recorded(
            Step.REGISTRATION,
            "https://auth.example.com/register",
            method="POST",
            body=b'{"redirect_uris": ["http://localhost:1111/callback"]}',
            status=201,
            answer=b'{"client_id": "c-1"}',
        ),
        recorded(
            Step.AUTHORIZE,
            "https://auth.example.com/authorize?response_type=code&client_id=c-1"
            "&redirect_uri=http%3A%2F%2Flocalhost%3A2222%2Fcallback&state=s-1",
            status=400,
            answer=b"Invalid redirect URI",
        ),
        surface=Surface.CLAUDE_CODE,
    )
