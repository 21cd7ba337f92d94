"""Questions Claude would not ask, sent after its own, that only serve the diagnosis."""

from urllib.parse import urlsplit, urlunsplit

from harness.client import mcp
from harness.client.events import Flow, Send
from harness.client.speaker import Speaker, compact
from harness.model.trace import Purpose, Step, Voice
from harness.model.wellknown import resource_metadata_urls

# MCP Inspector's page: the commonest browser-based client.
BROWSER_ORIGIN = "http://localhost:6274"
PREFLIGHT_HEADERS = "authorization,content-type,mcp-protocol-version"


def explore(speaker: Speaker) -> Flow[None]:
    """Read the metadata forms nobody asked for yet, and see what a browser page would be told."""
    for purpose, url in resource_metadata_urls(speaker.choices.target):
        if url not in speaker.asked:
            yield from speaker.get(Step.RESOURCE_METADATA, purpose, url, exploration=True)
    yield from _preflight(speaker)
    yield from _page_call(speaker)
    yield from _head(speaker)
    yield from mcp.initialize(
        speaker,
        Step.CHALLENGE,
        None,
        purpose=Purpose.OTHER_SLASH,
        url=_other_slash(speaker.choices.target),
    )


def _preflight(speaker: Speaker) -> Flow[None]:
    """The CORS preflight of a page-hosted client (Fetch standard, CORS-preflight fetch)."""
    url = speaker.choices.target
    extra = (
        ("Origin", BROWSER_ORIGIN),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", PREFLIGHT_HEADERS),
    )
    yield from speaker.send(
        Send(
            step=Step.CHALLENGE,
            purpose=Purpose.PREFLIGHT,
            voice=Voice.BROWSER,
            method="OPTIONS",
            url=url,
            headers=speaker.headers(Voice.BROWSER, url, extra),
            timeout=speaker.profile.discovery_timeout,
            exploration=True,
        )
    )


def _page_call(speaker: Speaker) -> Flow[None]:
    """The opening call as a page would make it: shows which response headers it could read."""
    url = speaker.choices.target
    body = compact(mcp.broker_initialize_message(speaker.profile))
    extra = (
        ("Origin", BROWSER_ORIGIN),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
    )
    headers = [
        (name, "application/json, text/event-stream" if name == "Accept" else value)
        for name, value in speaker.headers(Voice.BROWSER, url, extra)
    ]
    yield from speaker.send(
        Send(
            step=Step.CHALLENGE,
            purpose=Purpose.PAGE_CALL,
            voice=Voice.BROWSER,
            method="POST",
            url=url,
            headers=tuple(headers),
            body=body,
            awaited_id=1,
            timeout=speaker.profile.discovery_timeout,
            exploration=True,
        )
    )


def _head(speaker: Speaker) -> Flow[None]:
    """HEAD, with which some hosted components look whether an address is alive."""
    url = speaker.choices.target
    yield from speaker.send(
        Send(
            step=Step.CHALLENGE,
            purpose=Purpose.HEAD,
            voice=Voice.BROKER,
            method="HEAD",
            url=url,
            headers=speaker.headers(Voice.BROKER, url),
            timeout=speaker.profile.discovery_timeout,
            exploration=True,
        )
    )


def _other_slash(url: str) -> str:
    """The same URL with a closing slash where it has none, and without where it has one."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/") if parts.path.endswith("/") else f"{parts.path}/"
    return urlunsplit(parts._replace(path=path))
