"""On Google Cloud, Claude's requests do not show Anthropic's addresses.

What happens
    The server runs on Google Cloud (App Engine in the report), the firewall allows
    160.79.104.0/21, and Claude is refused all the same. Its log shows Claude's User-Agents with the
    source 0.0.0.0 or an address that begins with fda3.

Why it breaks
    Part of Claude runs on Google Cloud too, and traffic between two places in there may stay inside
    of Google's network. It then arrives from an internal or unspecified address, and no rule by
    source address can match. One operator reported it, and opening the firewall helped at once; the
    thread was closed without an answer.

Fix
    Do not decide by source address there; rely on the token, which the server has to check anyway.

    The firewall of App Engine knows no paths: it has to let everybody in, so see first that the
    rest of the application asks for a login.

        gcloud app firewall-rules list
        gcloud app firewall-rules update default --action=allow

    If policy demands a list, put a CDN outside of Google's network in front, which sees public
    addresses, and list them there. Such a list shuts out Claude Code, which calls from the address
    of its user.

    From any machine this is 401 then. A 403 with a page of Google's means that the firewall still
    decides:

        curl -si -X POST https://YOUR-HOST/mcp | head -n 1
"""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, simulated, status_evidence
from harness.model.trace import Request, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.REACH,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.REPORTED,
    reports=1,
    detectable=Detectable.TRAFFIC,
    explains=("connect.accepted",),
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/422", seen="2026-06-09"),),
)

_SOURCES = ("x-appengine-user-ip", "x-forwarded-for", "x-real-ip")
_AGENTS = ("Claude-User", "python-httpx/")
_INTERNAL = ip_network("fd00::/8")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    if simulated(trace):
        return
    for one in trace.exchanges:
        agent = one.request.header("user-agent") or ""
        name = _internal_source(one.request)
        if name is not None and agent.startswith(_AGENTS) and one.status == 403:
            address = one.request.header(name)
            yield evidence(one, f"request.header.{name}", address, "in 160.79.104.0/21")
            yield evidence(one, "request.header.user-agent", agent)
            yield status_evidence(one, "not refused by a firewall")
            return


def _internal_source(request: Request) -> str | None:
    """The header that shows a source which no list of public addresses can hold."""
    for name in _SOURCES:
        first = (request.header(name) or "").partition(",")[0].strip()
        try:
            address = ip_address(first)
        except ValueError:
            continue
        if address.is_unspecified or (address.version == 6 and address in _INTERNAL):
            return name
    return None


@pattern.recording
def recording() -> Trace:
    return traffic(
        recorded(
            Step.CHALLENGE,
            "https://notes.example.appspot.com/mcp",
            method="POST",
            sent=(("User-Agent", "Claude-User"), ("X-Appengine-User-IP", "0.0.0.0")),
            status=403,
            headers=(("Server", "Google Frontend"), ("Content-Type", "text/html")),
            answer=b"<html><title>403 Forbidden</title><h1>Error: Forbidden</h1></html>",
        ),
        target="https://notes.example.appspot.com/mcp",
    )
