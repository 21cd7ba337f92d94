"""A web in memory: answers what a sign-in sends, from a table of addresses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from harness.client.events import Ask, Send
from harness.login.headless import sign_in
from harness.model.trace import (
    Exchange,
    Failure,
    FailureKind,
    Headers,
    Note,
    NoteKind,
    Request,
    Response,
)

CALLBACK = "https://claude.ai/api/mcp/auth_callback"
AUTHORIZE = "https://as.example/authorize?client_id=c1&state=s1"
HEADERS: Headers = (("User-Agent", "Chromium"), ("Accept", "text/html"))

type Answer = Response | Failure
type Web = Mapping[str, Answer | Callable[[Send], Answer]]
"""Answers by address without the query; an unknown one is blocked."""


@dataclass
class Visit:
    """What a sign-in sent, noted and brought home."""

    sends: list[Send] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    result: Exchange | None = None

    def note(self, kind: NoteKind) -> Note:
        [found] = [note for note in self.notes if note.kind is kind and note.data]
        return found

    @property
    def human(self) -> Note:
        return self.note(NoteKind.NEEDS_HUMAN)

    @property
    def paths(self) -> list[str]:
        return [f"{send.method} {without_query(send.url)}" for send in self.sends]


def visit(
    web: Web,
    *,
    url: str = AUTHORIZE,
    fields: Mapping[str, str] | None = None,
    redirect_uri: str = CALLBACK,
    exploration: bool = False,
    started: Callable[[int], float] = float,
) -> Visit:
    """Sign in on a web; the redirect URI always answers."""
    done = Visit()
    ask = Ask(url=url, redirect_uri=redirect_uri, exploration=exploration)
    flow = sign_in(ask, fields=fields or {}, headers=HEADERS)
    answers = {CALLBACK: html("done"), **web}
    exchange: Exchange | None = None
    while True:
        try:
            event = flow.send(exchange)
        except StopIteration as end:
            done.result = end.value
            return done
        exchange = None
        match event:
            case Note():
                done.notes.append(event)
            case Send():
                done.sends.append(event)
                exchange = _exchange(event, answers, number=len(done.sends), started=started)
            case _:
                raise AssertionError(f"a sign-in does not yield {event}")


def _exchange(
    send: Send, answers: Web, *, number: int, started: Callable[[int], float]
) -> Exchange:
    answer = answers.get(without_query(send.url), Failure(FailureKind.BLOCKED, "not allowed"))
    if callable(answer):
        answer = answer(send)
    return Exchange(
        n=number,
        step=send.step,
        purpose=send.purpose,
        voice=send.voice,
        request=Request(method=send.method, url=send.url, headers=send.headers, body=send.body),
        response=answer if isinstance(answer, Response) else None,
        failure=answer if isinstance(answer, Failure) else None,
        started=started(number),
        exploration=send.exploration,
    )


def html(body: str, *, status: int = 200, headers: Headers = ()) -> Response:
    return Response(
        status=status,
        headers=(("Content-Type", "text/html; charset=utf-8"), *headers),
        body=body.encode(),
    )


def redirect(location: str, *, status: int = 302, headers: Headers = ()) -> Response:
    return Response(status=status, headers=(("Location", location), *headers))


def without_query(url: str) -> str:
    return url.partition("?")[0]


def form_of(send: Send) -> dict[str, list[str]]:
    return parse_qs(send.body.decode(), keep_blank_values=True)


def query_of(send: Send) -> dict[str, list[str]]:
    return parse_qs(urlsplit(send.url).query, keep_blank_values=True)


def header(send: Send, name: str) -> str | None:
    [value] = [value for key, value in send.headers if key.lower() == name.lower()] or [None]
    return value
