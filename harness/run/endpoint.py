"""Finds out what a capture is about: which MCP endpoint, and which Claude asks it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from harness.diagnosis.classify import is_call
from harness.model.captured import Capture, Captured, CaptureError
from harness.model.challenge import bearer
from harness.model.trace import Request
from harness.model.verdict import Surface
from harness.model.wellknown import canonical_resource, is_http_url, query

_AGENTS = (
    ("claude-code/", Surface.CLAUDE_CODE),
    ("claude-user", Surface.CLAUDE_AI),
    ("python-httpx/", Surface.CLAUDE_AI),
)
_HOSTED_CALLBACK = ("https://claude.ai/", "https://claude.com/")


@dataclass(frozen=True)
class Choice:
    """What was taken, and why, as the end of a sentence."""

    value: str
    why: str


def find_target(capture: Capture, given: str | None) -> Choice:
    """The MCP endpoint; raises CaptureError where nothing in the capture shows it."""
    if given is not None:
        return Choice(given, "as --target says")
    for found in (_called(capture), _challenging(capture), _described(capture), _asked(capture)):
        if found is not None:
            return found
    raise CaptureError(
        "no exchange in it shows which MCP endpoint it is about; name it with --target URL"
    )


def find_surface(capture: Capture, given: Surface | None) -> Choice:
    """The Claude client that speaks, `mcp-spec` where none does."""
    if given is not None:
        return Choice(given, "as --surface says")
    agents = [(one.request.header("user-agent") or "").lower() for one in capture.entries]
    for start, surface in _AGENTS:
        if any(agent.startswith(start) for agent in agents):
            return Choice(surface, f"by the User-Agent {start.rstrip('/')}")
    for one in capture.entries:
        back = query(one.request.url).get("redirect_uri", "")
        if back.startswith(_HOSTED_CALLBACK):
            return Choice(Surface.CLAUDE_AI, f"by the redirect URI {back}")
    return Choice(Surface.MCP_SPEC, "no client of Claude is in it")


def _called(capture: Capture) -> Choice | None:
    """The address that most MCP messages went to; of two that redirect, the first."""
    calls = [one for one in capture.entries if is_call(one.request)]
    if not calls:
        return None
    moved = {to: _page(one.request.url) for one in calls if (to := _redirect(one)) is not None}
    counted: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for one in calls:
        page = _page(one.request.url)
        page = spelled.setdefault(page.rstrip("/"), moved.get(page, page))
        counted[page] += 1
    (url, number), *others = counted.most_common()
    if not others:
        return Choice(url, "by its MCP calls")
    return Choice(
        url, f"by {number} of {len(calls)} MCP calls, the others go elsewhere; see --target"
    )


def _challenging(capture: Capture) -> Choice | None:
    for one in capture.entries:
        # Guarded metadata is refused with the same challenge, and is not what is asked for.
        if one.response is None or "/.well-known/" in one.request.url:
            continue
        challenge = bearer(one.response.header_lines("www-authenticate"))
        named = challenge is not None and "resource_metadata" in challenge.params
        if named and one.response.status == 401:
            return Choice(_page(one.request.url), "by its 401 that names metadata")
    return None


def _described(capture: Capture) -> Choice | None:
    for one in capture.entries:
        document = one.response.json_object if one.response else None
        if document is not None and "authorization_servers" in document:
            resource = document.get("resource")
            if is_http_url(resource):
                return Choice(str(resource), "by the resource in its metadata")
    return None


def _asked(capture: Capture) -> Choice | None:
    """The resource parameter of RFC 8707, with which a token is asked for a server."""
    for one in capture.entries:
        for resource in _resources(one.request):
            if is_http_url(resource):
                return Choice(canonical_resource(resource), "by the resource a token is asked for")
    return None


def _resources(request: Request) -> Iterator[str]:
    yield query(request.url).get("resource", "")
    if request.media_type == "application/x-www-form-urlencoded":
        yield query(f"http://form/?{request.text}").get("resource", "")


def _redirect(one: Captured) -> str | None:
    if one.response is None or not one.response.is_redirect:
        return None
    try:
        to = urljoin(one.request.url, one.response.header("location") or "")
    except ValueError:
        return None
    return _page(to) if is_http_url(to) else None


def _page(url: str) -> str:
    return url.partition("#")[0]
