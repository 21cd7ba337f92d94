"""The request header set in Claude does not arrive, or arrives without its scheme.

What happens
    The user entered a request header for the connector (beta), an API key say. The server's log
    shows calls of Claude without it, or with an `Authorization` whose value is the bare key. They
    are answered 401, and Claude begins an OAuth sign-in that the server does not have. One operator
    saw it use the name of the header as the client id.

Why it breaks
    Some reports are about Claude alone: the header was set and not sent. Others come from the
    dialog: it takes the value as it is, so `Bearer ` has to be typed too, it takes up to four
    headers, and names outside its list are not sent. nginx, for its part, drops headers whose names
    have an underscore.

Fix
    Enter the value word for word, scheme included: `Authorization` and `Bearer THE-KEY`. Remove the
    connector and add it again after a change. Prefer `Authorization` or `X-API-Key` to a name of
    your own. For a name with an underscore nginx needs, in the server block:

        underscores_in_headers on;

    Try the same header from here, with the harness and without it. Neither may get a 401:

        harness check https://YOUR-HOST/mcp --header X-API-Key=env:KEY

        curl -si -X POST -H "X-API-Key: $KEY" https://YOUR-HOST/mcp | head -1

    If they pass and Claude's calls still lack the header at the outermost proxy, report it to
    Anthropic with the time of the call. Claude Code sends what `claude mcp add --header` was given;
    the Messages API sends a bearer token and no other header.
"""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, refusal_evidence, simulated
from harness.model.trace import Exchange, Step, Trace, Voice
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.effects import with_a_token
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.CLAUDE,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.NONE,
            Confidence.DOCUMENTED,
            Source("code.claude.com/docs/en/mcp", seen="2026-09"),
        ),
        Surface.MESSAGES_API: with_a_token(Impact.ADVISORY),
    },
    confidence=Confidence.OBSERVED,
    reports=3,
    # A server with keys of its own has no OAuth challenge.
    explains=("challenge.bearer", "challenge.pointer", "connect.accepted"),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/644", seen="2026-07-19"),
        Source("github.com/anthropics/claude-ai-mcp/issues/1023", seen="2026-09-12"),
        Source("github.com/anthropics/claude-ai-mcp/issues/112", seen="2026-03-22"),
        Source("claude.com/docs/connectors/custom/add-unlisted", seen="2026-10"),
    ),
)

_HEADERS = ("authorization", "api-key", "x-api-key")
"""What nobody calls an OAuth client."""


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    """Which headers were set is known where the recording names them among its choices."""
    if simulated(trace):
        return
    for one in trace.exchanges:
        client = dict(parse_qsl(urlsplit(one.request.url).query)).get("client_id", "")
        if client.lower() in _HEADERS:
            yield evidence(one, "request.url", f"client_id={client}", "no OAuth at all")
    chosen = trace.choices.get("headers")
    for one in _refused_calls(trace):
        absent = [
            str(name)
            for name in (chosen if isinstance(chosen, list) else ())
            if one.request.header(str(name)) is None
        ]
        bare = one.request.header("authorization")
        if bare is not None and " " not in bare.strip():
            yield evidence(one, "request.header.authorization", "one word", "a scheme and the key")
            yield from refusal_evidence(one, "200")
        for name in absent:
            yield evidence(one, f"request.header.{name.lower()}", "(absent)", "the value set")
            yield from refusal_evidence(one, "200")


def _refused_calls(trace: Trace) -> Iterator[Exchange]:
    """The calls of the MCP server that were answered 401."""
    for one in trace.exchanges:
        voiced = one.voice in (Voice.BROKER, Voice.RUNTIME) and one.request.method == "POST"
        if voiced and one.request.url == trace.target and one.status == 401:
            yield one


@pattern.recording
def recording() -> Trace:
    """X-API-Key was set; it comes with neither call."""
    url, answer = "https://mcp.example.com/mcp", b'{"error":"the header x-api-key is missing"}'
    said = (("WWW-Authenticate", 'Bearer realm="notes"'),)
    calls = [
        recorded(step, url, method="POST", status=401, headers=said, answer=answer)
        for step in (Step.CHALLENGE, Step.CONNECT)
    ]
    return replace(traffic(*calls, target=url), choices={"headers": ["X-API-Key"]})
