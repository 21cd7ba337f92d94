"""What else may lie at an address where Claude's first POST finds no MCP server."""

from urllib.parse import urlsplit

from harness.diagnosis.reading import is_html, metadata_answers, straight_opening
from harness.model.trace import Purpose, Step, Trace


def is_legacy_sse(trace: Trace) -> bool:
    """True for the transport of MCP 2024-11-05: a stream for GET, and no POST at the same URL."""
    answer = straight_opening(trace)
    if answer is None or answer.status not in (404, 405):
        return False
    head = trace.last(Step.CHALLENGE, Purpose.HEAD)
    streams = (
        head is not None
        and head.response is not None
        and head.response.status == 200
        and head.response.media_type == "text/event-stream"
    )
    return streams or urlsplit(trace.target).path.rstrip("/").endswith("/sse")


def is_web_page(trace: Trace) -> bool:
    """True for a site made for people: a page at the URL, and no resource metadata anywhere."""
    answer = straight_opening(trace)
    if answer is None or answer.response is None or any(_documents(trace)):
        return False
    # A tunnel's warning page stands before whatever lies behind it.
    if answer.response.header("ngrok-error-code") is not None:
        return False
    if answer.response.status == 200:
        return is_html(answer.response)
    head = trace.last(Step.CHALLENGE, Purpose.HEAD)
    response = head.response if head else None
    there = response is not None and response.status == 200 and response.media_type == "text/html"
    return answer.status in (404, 405) and there


def _documents(trace: Trace) -> list[bool]:
    return [
        one.status == 200 and one.response is not None and one.response.json_object is not None
        for one in metadata_answers(trace)
    ]
