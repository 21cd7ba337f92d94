"""Runs and diagnoses made by hand, and an app that is fed with them instead of an engine."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

from textual.pilot import Pilot
from textual.strip import Strip

from harness.client.choices import Choices
from harness.model.trace import (
    Certificate,
    Connection,
    Exchange,
    Failure,
    FailureKind,
    Headers,
    Note,
    NoteKind,
    Purpose,
    Request,
    Response,
    Step,
    Timing,
    TokenFacts,
    Trace,
    Voice,
)
from harness.model.verdict import (
    Confidence,
    Diagnosis,
    Evidence,
    Finding,
    Impact,
    Party,
    Returns,
    Shows,
    Source,
    StepResult,
    StepStatus,
    Surface,
    Unmet,
    Verdict,
)
from harness.recording.redact import Redactor
from harness.tui.app import HarnessApp
from harness.tui.news import Finished, Happened, News, Started
from harness.tui.setup import Setup

TARGET = "https://mcp.example.com/mcp"
ISSUER = "https://auth.example.com"
STARTED = 1_795_500_000.0
JSON: Headers = (("Content-Type", "application/json"),)
FORM: Headers = (
    ("Host", "auth.example.com"),
    ("User-Agent", "python-httpx/0.28.1"),
    ("Content-Type", "application/x-www-form-urlencoded"),
)
SECRET = "the-code-nobody-may-see-0123456789"
TOKEN = "opaque-access-token-0123456789abcdef"


class NoWorks:
    """Does nothing; keeps what it was asked to do."""

    def __init__(self, _tell: Callable[[News], None]) -> None:
        self.orders: list[Setup] = []
        self.stopped = 0

    async def live(self) -> None:
        await asyncio.Event().wait()

    def order(self, setup: Setup) -> None:
        self.orders.append(setup)

    def stop(self) -> None:
        self.stopped += 1


def exchange(
    n: int,
    step: Step,
    method: str,
    url: str,
    status: int | None,
    *,
    sent: bytes = b"",
    got: bytes = b"",
    sent_headers: Headers = (("Host", "mcp.example.com"),),
    got_headers: Headers = JSON,
    purpose: Purpose = Purpose.OTHER,
    reason: str = "",
    failure: Failure | None = None,
    exploration: bool = False,
    token: TokenFacts | None = None,
) -> Exchange:
    response = None
    if status is not None:
        response = Response(status=status, reason=reason, headers=got_headers, body=got)
    return Exchange(
        n=n,
        step=step,
        purpose=purpose,
        voice=Voice.BROKER,
        request=Request(method=method, url=url, headers=sent_headers, body=sent),
        response=response,
        failure=failure,
        connection=Connection(
            host="mcp.example.com",
            port=443,
            addresses=("203.0.113.7",),
            peer="203.0.113.7:443",
            tls_version="TLSv1.3",
            certificates=(
                Certificate(
                    subject="CN=mcp.example.com",
                    issuer="CN=Example CA",
                    names=("mcp.example.com",),
                    not_before="2026-10-01T00:00:00Z",
                    not_after="2026-12-30T00:00:00Z",
                ),
            ),
        ),
        timing=Timing(dns=2.0, connect=11.0, tls=31.0, wait=38.0, read=2.0, total=84.0),
        started=STARTED,
        exploration=exploration,
        token=token,
    )


def exchanges(token_status: int = 200) -> tuple[Exchange, ...]:
    """A run up to the token endpoint, which answers as asked."""
    pointer = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
    code = (
        f"grant_type=authorization_code&code={SECRET}"
        "&redirect_uri=https%3A%2F%2Fclaude.ai%2Fapi%2Fmcp%2Fauth_callback"
        "&resource=https%3A%2F%2Fmcp.example.com%2Fmcp"
    ).encode()
    refused = b'{"error":"invalid_request","error_description":"Unrecognized field \\"resource\\""}'
    issued = f'{{"access_token":"{TOKEN}","token_type":"Bearer","expires_in":3600}}'.encode()
    return (
        exchange(
            1,
            Step.CHALLENGE,
            "POST",
            TARGET,
            401,
            sent=b'{"jsonrpc":"2.0","id":0,"method":"initialize"}',
            got_headers=(("WWW-Authenticate", f'Bearer resource_metadata="{pointer}"'),),
            reason="Unauthorized",
        ),
        exchange(2, Step.RESOURCE_METADATA, "GET", pointer, 404),
        exchange(
            3,
            Step.RESOURCE_METADATA,
            "GET",
            pointer.removesuffix("/mcp"),
            200,
            got=f'{{"resource":"{TARGET}/","authorization_servers":["{ISSUER}"]}}'.encode(),
        ),
        exchange(
            4,
            Step.SERVER_METADATA,
            "GET",
            f"{ISSUER}/.well-known/oauth-authorization-server",
            200,
            got=f'{{"issuer":"{ISSUER}","token_endpoint":"{ISSUER}/token"}}'.encode(),
        ),
        exchange(
            5,
            Step.CALLBACK,
            "GET",
            f"https://claude.ai/api/mcp/auth_callback?code={SECRET}&state=st-0123456789abcdef",
            200,
        ),
        exchange(
            6,
            Step.TOKEN,
            "POST",
            f"{ISSUER}/token",
            token_status,
            sent=code,
            sent_headers=FORM,
            got=issued if token_status == 200 else refused,
            reason="OK" if token_status == 200 else "Bad Request",
            purpose=Purpose.TOKEN,
            token=TokenFacts(kind="opaque", length=len(TOKEN)) if token_status == 200 else None,
        ),
        exchange(7, Step.RESOURCE_METADATA, "GET", pointer, 404, exploration=True),
    )


def trace(*found: Exchange, notes: tuple[Note, ...] = ()) -> Trace:
    return Trace(
        target=TARGET,
        surface=Surface.CLAUDE_AI,
        started=STARTED,
        finished=STARTED + 9.6,
        exchanges=found,
        notes=notes,
        recording="recordings/2026-11-24T0400-mcp.example.com-claude-ai.jsonl",
    )


SAID = {
    Step.REACH: (StepStatus.OK, (1,), 44.0, "203.0.113.7 TLS 1.3, 1 certificate"),
    Step.CHALLENGE: (StepStatus.OK, (1,), 84.0, "401, names the metadata"),
    Step.RESOURCE_METADATA: (StepStatus.WARN, (2, 3), 168.0, "200 at the root form"),
    Step.SERVER_METADATA: (StepStatus.OK, (4,), 84.0, "200"),
    Step.REGISTRATION: (StepStatus.OK, (), 0.0, "client id metadata document (CIMD)"),
    Step.AUTHORIZE: (StepStatus.OK, (), 0.0, "302, scope none"),
    Step.LOGIN: (StepStatus.OK, (), 0.0, "no page shown"),
    Step.CALLBACK: (StepStatus.OK, (5,), 84.0, "GET with code, state"),
}


def results(
    changed: dict[Step, tuple[StepStatus, tuple[int, ...], float, str]],
) -> Iterator[StepResult]:
    known = SAID | changed
    nothing = (StepStatus.NOT_REACHED, (), 0.0, "")
    for step in Step:
        status, numbers, ms, said = known.get(step, nothing)
        yield StepResult(step=step, status=status, exchanges=numbers, ms=ms, said=said)


BROKEN = {Step.TOKEN: (StepStatus.BROKEN, (6,), 97.0, "400 invalid_request")}
WHOLE = {
    Step.TOKEN: (StepStatus.OK, (6,), 97.0, "opaque access token, no refresh token"),
    Step.CONNECT: (StepStatus.OK, (), 60.0, "initialize, protocol 2025-11-25"),
    Step.SESSION: (StepStatus.OK, (), 51.0, "3 tools"),
    Step.REFRESH: (StepStatus.SKIPPED, (), 0.0, "no refresh token"),
    Step.STEP_UP: (StepStatus.SKIPPED, (), 0.0, "no tool was called"),
}

EVIDENCE = (
    Evidence(exchange=6, place="response.body.error", quote="invalid_request", expected="a token"),
    Evidence(exchange=6, place="request.body.resource", quote=TARGET),
)
REFUSES = Finding(
    id="token-refuses-resource",
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact=Impact.BREAKS,
    claimed=Impact.BREAKS,
    confidence=Confidence.REPORTED,
    title="The token endpoint refuses the resource parameter",
    what="It answers 400 as soon as the request names a resource.",
    why="Claude sends the MCP URL as resource with the authorization and the token request. "
    "A server that knows no such parameter has to ignore it (RFC 6749 section 3.2).",
    fix="Ignore unknown parameters at the token endpoint, or bind the token to the resource.",
    evidence=EVIDENCE,
    sources=(Source("github.com/example/connector/issues/1", seen="2026-05-12"),),
    root_cause=True,
    shows=Shows.AUTHORIZATION_FAILED,
)
SLASH = replace(
    REFUSES,
    id="resource-trailing-slash",
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact=Impact.DEGRADES,
    claimed=Impact.DEGRADES,
    title="The resource ends in a slash",
    evidence=(
        Evidence(exchange=3, place="response.body.resource", quote=f"{TARGET}/", expected=TARGET),
    ),
    root_cause=False,
    shows=None,
)
UNKNOWN = Unmet(
    row="token.issued",
    step=Step.TOKEN,
    title="the token endpoint issues no token",
    impact=Impact.BREAKS,
    evidence=(
        Evidence(exchange=6, place="response.status", quote="400", expected="200"),
        Evidence(
            exchange=6,
            place="response.body",
            quote='{"error":"invalid_request","error_description":"Unrecognized',
        ),
    ),
    source="RFC 6749 section 5.1",
)
CRASHED = replace(
    SLASH, id="crashing-pattern", impact=Impact.NONE, evidence=(), error="KeyError: 'resource'"
)


def diagnosis(
    verdict: Verdict,
    headline: str,
    *,
    findings: tuple[Finding, ...] = (),
    unexplained: tuple[Unmet, ...] = (),
    unmet: tuple[Unmet, ...] = (),
    changed: dict[Step, tuple[StepStatus, tuple[int, ...], float, str]],
    stopped_at: Step | None = None,
) -> Diagnosis:
    failed = verdict is Verdict.FAILS
    return Diagnosis(
        surface=Surface.CLAUDE_AI,
        verdict=verdict,
        headline=headline,
        stopped_at=stopped_at,
        shows=Shows.AUTHORIZATION_FAILED if failed else None,
        returns=Returns(step="end_error", error_code="mcp_token_exchange_failed")
        if failed
        else None,
        steps=tuple(results(changed)),
        findings=findings,
        unmet=unmet or unexplained,
        unexplained=unexplained,
    )


def known() -> tuple[Trace, Diagnosis]:
    return trace(*exchanges(400)), diagnosis(
        Verdict.FAILS,
        "FAILS at token: the token endpoint refuses the resource parameter",
        findings=(REFUSES, SLASH, CRASHED),
        unmet=(UNKNOWN,),
        changed=BROKEN,
        stopped_at=Step.TOKEN,
    )


def unknown() -> tuple[Trace, Diagnosis]:
    return trace(*exchanges(400)), diagnosis(
        Verdict.FAILS,
        "FAILS at token: the token endpoint issues no token",
        unexplained=(UNKNOWN,),
        changed=BROKEN,
        stopped_at=Step.TOKEN,
    )


def connected() -> tuple[Trace, Diagnosis]:
    return trace(*exchanges()), diagnosis(
        Verdict.CONNECTS,
        "CONNECTS, with a warning: the resource ends in a slash",
        findings=(SLASH,),
        changed=WHOLE,
    )


def human() -> tuple[Trace, Diagnosis]:
    note = Note(
        step=Step.LOGIN,
        kind=NoteKind.NEEDS_HUMAN,
        text="the page asks for a password (“Sign in to Example”)",
        data={
            "title": "Sign in to Example",
            "text": "Welcome back. Enter your e-mail address and your password.",
            "url": f"{ISSUER}/sign-in",
            "status": 200,
            "fields": ["email", "password"],
        },
        after=4,
    )
    return trace(*exchanges()[:4], notes=(note,)), diagnosis(
        Verdict.INCONCLUSIVE,
        "INCONCLUSIVE: the sign-in needs a human: the page asks for a password",
        changed={Step.CALLBACK: (StepStatus.NOT_REACHED, (), 0.0, "")},
    )


def aborted() -> tuple[Trace, Diagnosis]:
    note = Note(step=Step.CHALLENGE, kind=NoteKind.ABORTED, text="the run was interrupted", after=1)
    return trace(*exchanges()[:1], notes=(note,)), diagnosis(
        Verdict.INCONCLUSIVE, "INCONCLUSIVE: the run was interrupted", changed={}
    )


def unreachable() -> Exchange:
    return exchange(
        1,
        Step.CHALLENGE,
        "POST",
        TARGET,
        None,
        failure=Failure(FailureKind.DNS, "the name mcp.example.com does not exist"),
    )


def news(run: Trace) -> Iterator[News]:
    """What an engine would tell of a finished run."""
    redactor = Redactor()
    empty = replace(run, exchanges=(), notes=(), finished=None)
    masked = empty
    yield Started(empty, masked)
    notes = list(run.notes)
    for one in run.exchanges:
        while notes and notes[0].after < one.n:
            note = notes.pop(0)
            masked = replace(masked, notes=(*masked.notes, redactor.note(note)))
            yield Happened(note, masked)
        masked = replace(masked, exchanges=(*masked.exchanges, redactor.exchange(one)))
        yield Happened(one, masked)
    for note in notes:
        masked = replace(masked, notes=(*masked.notes, redactor.note(note)))
        yield Happened(note, masked)
    yield Finished(replace(masked, finished=run.finished))


def app(verdict: Diagnosis | None = None, *, target: str = TARGET, **options: object) -> HarnessApp:
    """An app without an engine, whose clock stands still."""
    setup = Setup(choices=Choices(target=target))
    judge = (lambda _trace: verdict) if verdict is not None else None
    return HarnessApp(
        setup,
        works=NoWorks,
        judge=judge,
        clock=lambda: STARTED + 2.5,
        **options,  # type: ignore[arg-type]
    )


@asynccontextmanager
async def showing(
    run: Trace | None = None,
    verdict: Diagnosis | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    **options: object,
):
    """An app at a size, fed with a whole run; yields it with its pilot."""
    one = app(verdict, **options)
    async with one.run_test(size=size) as pilot:
        await feed(pilot, run)
        yield one, pilot


async def feed(pilot: Pilot[int], run: Trace | None) -> None:
    if run is not None:
        for piece in news(run):
            pilot.app.hear(piece)  # type: ignore[attr-defined]
    await pilot.pause()
    await pilot.pause()


def screen(one: HarnessApp) -> str:
    """What stands on the screen, as text."""
    width, height = one.size
    strips: list[Strip] = one.screen._compositor.render_strips()
    return "\n".join(strip.text[:width].rstrip() for strip in strips[:height])
