"""OAuth metadata is published for an endpoint that needs no sign-in.

What happens
    `initialize` works without a token, and yet there is resource metadata at the address that
    belongs to this URL. It speaks of another resource, or names no authorization server. Claude was
    seen to begin a sign-in that cannot succeed: it could not register, or asks for a client id.
    Claude Code looks for metadata only after a 401.

Why it breaks
    The well-known route takes every path (`/.well-known/oauth-protected-resource/*`) and hands out
    the document of the endpoint that does have a sign-in. A client that finds a document takes the
    resource for protected (RFC 9728 section 3).

Fix
    Serve the document for the protected path alone, and answer 404 for every other:

        GET /.well-known/oauth-protected-resource/private/mcp   200
        GET /.well-known/oauth-protected-resource/open/mcp      404

    In Next.js that is a route file for the one path, and no `[...path]`; in Express a route with
    the full path, and no `*`. The form without a path stands for the origin itself; leave it out
    where only one of several endpoints is protected.

    An empty `authorization_servers` does not mean "open": take the document away. If this endpoint
    was meant to be protected, answer 401 to calls without a token instead.

    This must be 404 for the open endpoint, whose path here is `/mcp`:

        curl -si https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | head -n 1
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    authless,
    evidence,
    metadata_answers,
    opening,
    status_evidence,
)
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Purpose, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import difference
from scenarios.bending import edited, is_resource_metadata
from scenarios.effects import inferred, with_a_token
from scenarios.open_endpoint import open_to_all

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: inferred(Impact.NONE),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.REPORTED,
    reports=3,
    sources=(
        Source("github.com/gitroomhq/postiz-app/issues/1781", seen="2026-07-24"),
        Source("github.com/homeassistant-ai/ha-mcp/issues/2422", seen="2026-09-10"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer is None or not authless(trace):
        return
    # The root form may rightly speak of another endpoint of the same host.
    for one in metadata_answers(trace):
        stray = _stray(one, trace)
        if stray is not None and one.purpose is not Purpose.METADATA_ROOT:
            yield status_evidence(answer, "401 where metadata is published")
            yield evidence(one, f"response.body.{stray[0]}", stray[1], f"404 at {one.request.url}")


def _stray(exchange: Exchange, trace: Trace) -> tuple[str, object] | None:
    """What shows that resource metadata is not meant for this endpoint."""
    document = exchange.json_object
    if exchange.status != 200 or document is None:
        return None
    servers, resource = document.get("authorization_servers"), document.get("resource")
    if not servers:
        return "authorization_servers", servers if servers is not None else "(absent)"
    same = isinstance(resource, str) and (
        difference(trace.target, resource) in (None, "trailing slash")
    )
    return None if same else ("resource", resource)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A route for every path, and the document of another endpoint."""
    if is_resource_metadata(asked):
        return edited(
            answer, lambda found: {**found, "resource": "https://mcp.reference.test/private/mcp"}
        )
    return open_to_all(asked, answer)
