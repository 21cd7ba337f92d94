"""Questions about a trace that several contract rows and patterns ask."""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from harness.model.challenge import bearer, parse
from harness.model.trace import Exchange, NoteKind, Purpose, Response, Step, Trace, Voice
from harness.model.verdict import Evidence, Surface
from harness.model.wellknown import UrlError, host, split

QUOTE = 200
REMAPPED_CHALLENGE = "x-amzn-remapped-www-authenticate"
_LOGINS = {"basic", "digest", "negotiate", "ntlm"}
METADATA_FORMS = (Purpose.METADATA_POINTER, Purpose.METADATA_PATH, Purpose.METADATA_ROOT)


def quote(text: str) -> str:
    """A quote of bounded length."""
    return text if len(text) <= QUOTE else text[: QUOTE - 1] + "…"


def evidence(
    exchange: Exchange, place: str, found: object, expected: str | None = None
) -> Evidence:
    return Evidence(exchange=exchange.n, place=place, quote=quote(str(found)), expected=expected)


def status_evidence(exchange: Exchange, expected: str) -> Evidence:
    """What came instead of the expected answer: the status, or why there was none."""
    if exchange.response is None or (exchange.failure and exchange.failure.kind != "too-large"):
        text = exchange.failure.text if exchange.failure else "no answer"
        return evidence(exchange, "failure", text, expected)
    return evidence(exchange, "response.status", exchange.response.status, expected)


def body_evidence(exchange: Exchange, expected: str | None = None) -> Evidence:
    """The beginning of the body."""
    text = exchange.response.text.strip() if exchange.response else ""
    return evidence(exchange, "response.body", text or "(empty)", expected)


def first_contact(trace: Trace) -> Exchange | None:
    """The broker's opening question, before any redirect."""
    return next(trace.at(Step.CHALLENGE, exploration=False), None)


def opening(trace: Trace, voice: Voice, purpose: Purpose = Purpose.INITIALIZE) -> Exchange | None:
    """The final answer to a voice's opening question, behind redirects.

    Of a surface with a single MCP client, the answer that decided, whichever voice is asked for.
    """
    if trace.surface == Surface.CLAUDE_AI:
        found = [one for one in trace.at(Step.CHALLENGE, purpose) if one.voice is voice]
    else:
        found = list(trace.at(Step.CHALLENGE, Purpose.DISCOVER, Purpose.INITIALIZE))
    return found[-1] if found else None


def used(trace: Trace, step: Step) -> Exchange | None:
    """The metadata exchange whose document the client used at a step."""
    number = trace.decision(step, "used")
    return next((one for one in trace.exchanges if one.n == number), None)


def refused(trace: Trace) -> Exchange | None:
    """The resource metadata that the client read and would not use."""
    number = trace.decision(Step.RESOURCE_METADATA, "refused")
    return next((one for one in trace.exchanges if one.n == number), None)


def authless(trace: Trace) -> bool:
    return trace.decision(Step.CHALLENGE, "authless") is True


def endpoints_guessed(trace: Trace) -> bool:
    return trace.decision(Step.SERVER_METADATA, "endpoints") == "guessed"


def guess_failed(trace: Trace) -> bool:
    """True when the run stopped at an endpoint that was guessed for want of metadata."""
    stop = trace.stop
    return (
        endpoints_guessed(trace)
        and stop is not None
        and Step.REGISTRATION.position <= stop.step.position <= Step.TOKEN.position
    )


def stopped_at(trace: Trace, step: Step) -> bool:
    return trace.stop is not None and trace.stop.step is step


def target_is_https(trace: Trace) -> bool:
    return trace.target.startswith("https://")


def metadata_answers(trace: Trace) -> Iterator[Exchange]:
    """The final answers of each resource metadata form, behind redirects, exploration too."""
    for purpose in METADATA_FORMS:
        found = trace.last(Step.RESOURCE_METADATA, purpose)
        if found is not None:
            yield found


def is_html(response: Response) -> bool:
    start = response.body[:512].lstrip().lower()
    return response.media_type in ("text/html", "application/xhtml+xml") or start.startswith(
        (b"<!doctype html", b"<html")
    )


def another_login(response: Response | None) -> bool:
    """True for a 401 that asks for a password or the like, and not for a bearer token."""
    if response is None or response.status != 401:
        return False
    lines = response.header_lines("www-authenticate")
    schemes = {one.scheme.lower() for one in parse(lines)}
    return bearer(lines) is None and bool(schemes & _LOGINS)


def vercel_checkpoint(response: Response | None) -> bool:
    """True for the page by which Vercel's firewall asks a browser to prove itself."""
    if response is None or response.status not in (403, 429):
        return False
    return (
        "challenge" in (response.header("x-vercel-mitigated") or "")
        or response.header("x-vercel-challenge-token") is not None
        or b"<title>vercel security checkpoint</title>" in response.body[:4096].lower()
    )


def redirect_host(exchange: Exchange) -> str | None:
    """The host a redirect leads to, None when it is no redirect or stays where it is."""
    if exchange.response is None or not exchange.response.is_redirect:
        return None
    try:
        return host(urljoin(exchange.request.url, exchange.response.header("location") or ""))
    except (UrlError, ValueError):
        return None


def needs_human(trace: Trace) -> bool:
    return next(trace.noted(NoteKind.NEEDS_HUMAN), None) is not None


def refusal_evidence(
    exchange: Exchange, expected: str = "200 with a JSON-RPC result"
) -> Iterator[Evidence]:
    """How a call was refused: the status, and the challenge or else the body."""
    yield status_evidence(exchange, expected)
    response = exchange.response
    if response is None:
        return
    lines = response.header_lines("www-authenticate")
    if bearer(lines) is not None:
        yield evidence(exchange, "response.header.www-authenticate", ", ".join(lines))
    elif response.body:
        yield body_evidence(exchange)


def challenge_parameter(exchange: Exchange | None, name: str) -> str | None:
    """A parameter of the first Bearer challenge of an answer, None when it is not there."""
    response = exchange.response if exchange else None
    challenge = bearer(response.header_lines("www-authenticate")) if response else None
    return challenge.params.get(name) if challenge else None


def simulated(trace: Trace) -> bool:
    """True when our client played Claude: it notes what it decides, the real one does not.

    Also of an imported trace: what a passive capture lacks may have happened all the same.
    """
    if trace.imported is not None:
        return True
    ours = (NoteKind.DECISION, NoteKind.SKIP, NoteKind.STOP)
    return any(note.kind in ours for note in trace.notes)


def straight_opening(trace: Trace) -> Exchange | None:
    """The broker's answer to its opening question, None where a redirect led to another path."""
    first, last = first_contact(trace), opening(trace, Voice.BROKER)
    if first is None or last is None:
        return None
    paths = {urlsplit(one.request.url).path.rstrip("/") for one in (first, last)}
    return last if len(paths) == 1 else None


def stock_404s(trace: Trace) -> list[Exchange]:
    """The root metadata addresses as the hosting answers them, when it lets no tenant serve them.

    Empty unless the MCP URL lies below a prefix of such a platform and every form is absent.
    """
    if not _below_a_platform(trace.target):
        return []
    forms = list(trace.at(Step.RESOURCE_METADATA, Purpose.METADATA_PATH, Purpose.METADATA_ROOT))
    return forms if all(one.status == 404 for one in forms) else []


def _below_a_platform(url: str) -> bool:
    """True for Supabase Edge Functions, API Gateway stages and Google Cloud Functions."""
    try:
        name, path = host(url), split(url).path
    except UrlError:
        return False
    stage = ".execute-api." in name and name.endswith(".amazonaws.com")
    return path.startswith("/functions/v1/") or stage or name.endswith(".cloudfunctions.net")
