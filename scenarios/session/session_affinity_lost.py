"""A session is known to one instance of the server, and another one gets the next call.

What happens
    The server opens a session, and a moment later refuses a call that names it: the session is not
    known. Other calls with the same id go through. Which of them fail differs from try to try.

Why it breaks
    Sessions live in the memory of one process, and a load balancer, a process manager with several
    workers or a serverless platform leads the calls of one client to different ones. Claude makes
    it likelier: the calls of one handshake come from several of its own addresses, so that binding
    a client to an instance by address (Kubernetes `sessionAffinity: ClientIP`) does not help.

Fix
    Let no call depend on the instance that took the one before. Best is to do without sessions:

        mcp.http_app(stateless_http=True)                      # FastMCP
        StreamableHTTPSessionManager(server, stateless=True)   # Python SDK

        new StreamableHTTPServerTransport({                    // TypeScript SDK
          sessionIdGenerator: undefined,                       // new per request
        })

    Or keep them in a store that all instances share. Else route by the header, in nginx with all
    instances in one upstream:

        upstream mcp {
          hash $http_mcp_session_id consistent;
          server a:8000; server b:8000;
        }

    That alone is not enough, since the first call has no id yet and may land elsewhere: the
    instance has to be part of the id, or the balancer has to remember the id of the answer. One
    worker (`--workers 1`, one replica) is the quick way to see whether this is it.

    With the id of a new session, all of these have to say the same:

        for n in 1 2 3 4 5 6 7 8; do
          curl -s -o /dev/null -w '%{http_code}\\n' \\
            -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer TOKEN' \\
            -H 'Mcp-Session-Id: ID' -H 'Content-Type: application/json' \\
            -H 'Accept: application/json, text/event-stream' \\
            -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
        done
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refusal_evidence
from harness.diagnosis.session import session_id, unknown_session
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import brings_token, handshake_era, rpc_method
from scenarios.effects import inferred

SOON = 30.0
"""Seconds within which no server forgets a session by its own choice."""

pattern = Pattern(
    step=Step.SESSION,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("session.tools", "session.notification", "session.stream", "refresh.works"),
    sources=(Source("github.com/markmhendrickson/neotoma/issues/1472", seen="2026-05-29"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for refused in trace.exchanges:
        if refused.exploration or not unknown_session(refused):
            continue
        known = [one for one in trace.exchanges if _accepted(one, session_id(refused))]
        opened = [
            one for one in known if one.n < refused.n and one.started > refused.started - SOON
        ]
        again = [one for one in known if one.n > refused.n]
        if opened or again:
            other = (opened or again)[-1]
            yield evidence(other, "response.status", other.status)
            yield from refusal_evidence(refused, "200, for the same session")
            return


def _accepted(exchange: Exchange, wanted: str | None) -> bool:
    """True where a server opened this session, or took a call of it."""
    response = exchange.response
    if response is None or not 200 <= response.status < 300 or wanted is None:
        return False
    return wanted in (session_id(exchange), response.header("mcp-session-id"))


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"second_instance_paths": ("/mcp/",)}


@pattern.request
def request(asked: Asked) -> Asked:
    """The load balancer leads the list of tools to the second instance."""
    if rpc_method(asked) != "tools/list" or not brings_token(asked):
        return asked
    return replace(asked, url=asked.url + "/")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return handshake_era(asked, answer)
