"""The MCP URL redirects to another host.

What happens
    The MCP URL answers with a redirect to another host: the bare domain to `www`, or a vanity name
    to the real one. Without a token that goes well, and the user signs in. Then Claude calls with
    the token, follows the redirect, and leaves the token behind; the other host answers 401.

Why it breaks
    HTTP clients drop the Authorization header when a redirect leads to another host, or any host
    could send a token wherever it likes (RFC 9110 section 15.4). The server cannot change that.

Fix
    Enter the final URL in Claude, the one the redirect names, and let `resource` in the metadata
    name it too. Remove the old connector first.

    Or serve the MCP path and the metadata on the first host without a redirect. nginx:

        server {
          listen 443 ssl;
          server_name example.com;
          location ~ ^/(mcp|\\.well-known/) { proxy_pass http://BACKEND; }
          location / { return 301 https://www.example.com$request_uri; }
        }

    Vercel: the redirect from the bare domain to `www` is a setting of the domain and strikes every
    path, so enter the URL with the domain that serves, or make the other one serve.

    This must not print a location:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i '^location'
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    evidence,
    first_contact,
    is_html,
    opening,
    redirect_host,
    status_evidence,
    stopped_at,
)
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import host
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.DOCUMENTED,
    reports=5,
    explains=("challenge.no-host-redirect", "challenge.page-may-call", "connect.accepted"),
    sources=(
        Source("claude.com/docs/connectors/building/troubleshooting", seen="2026-08"),
        Source("github.com/anthropics/claude-ai-mcp/issues/155", seen="2026-05-10"),
        Source("github.com/koala73/worldmonitor/issues/2426", seen="2026-03-28"),
        Source("buildwithmatija.com/blog/oauth-mcp-server-claude", seen="2025-12-26"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    first, final = first_contact(trace), opening(trace, Voice.BROKER)
    if first is None or first.response is None or final is None:
        return
    leads_to = redirect_host(first)
    if leads_to in (None, host(first.request.url)):
        return
    # A redirect to a page for people, a sign-in for example, is another failure.
    if final.response is None or is_html(final.response):
        return
    yield evidence(
        first, "response.header.location", first.response.header("location"), "no redirect"
    )
    called = trace.last(Step.CONNECT, Purpose.INITIALIZE)
    if called and stopped_at(trace, Step.CONNECT) and not called.request.header("authorization"):
        yield evidence(called, "request.header.authorization", "(absent)", "Bearer")
        yield status_evidence(called, "200")


@pattern.request
def request(asked: Asked) -> Asked:
    """The server knows itself by its first name only, so it is reached by that one."""
    return replace(asked, url=asked.url.replace("://www.", "://", 1))


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.url.startswith("https://mcp.reference.test/mcp"):
        return answer
    return Answer(308, (("Location", asked.url.replace("://", "://www.", 1)),))
