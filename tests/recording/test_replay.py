"""A recording answers the client that made it, and says where the client has changed."""

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode

from harness.client.events import Send
from harness.model.trace import (
    Connection,
    Exchange,
    Failure,
    FailureKind,
    Headers,
    Purpose,
    Request,
    Response,
    Step,
    Timing,
    Trace,
    Voice,
)
from harness.recording.file import load, save
from harness.recording.redact import Redactor
from harness.recording.replay import Replay

STATE, CODE, VERIFIER, TOKEN = "st4te-" * 5, "c0de-" * 5, "v3rifier-" * 5, "t0ken-" * 5
REDIRECT = "https://claude.ai/api/mcp/auth_callback"
FORM: Headers = (("Content-Type", "application/x-www-form-urlencoded"),)
CALL: Headers = (
    ("Host", "m.example.com"),
    ("Accept", "application/json, text/event-stream"),
    ("Content-Type", "application/json"),
    ("Authorization", f"Bearer {TOKEN}"),
)


def recorded(
    n: int,
    step: Step,
    purpose: Purpose,
    request: Request,
    *,
    content: bytes = b"",
    answer: Headers = (),
) -> Exchange:
    return Exchange(
        n=n,
        step=step,
        purpose=purpose,
        voice=Voice.BROKER,
        request=request,
        response=Response(status=200, body=content, headers=answer),
        connection=Connection(host="h", port=443),
        timing=Timing(total=float(n)),
        started=100.0 + n,
    )


def authorize_url(state: str = STATE, challenge: str = "chall-1") -> str:
    return (
        f"https://as.example.com/authorize?client_id=c&state={quote(state, safe='')}"
        f"&code_challenge={challenge}&redirect_uri={quote(REDIRECT, safe='')}"
    )


def token_body(code: str = CODE, verifier: str = VERIFIER) -> bytes:
    pairs = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs.items()).encode()


def call_body(number: int, method: str = "tools/list") -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method}).encode()


TRACE = Trace(
    target="https://m.example.com/mcp",
    surface="claude-ai",
    exchanges=(
        recorded(1, Step.AUTHORIZE, Purpose.AUTHORIZE, Request(method="GET", url=authorize_url())),
        recorded(
            2,
            Step.CALLBACK,
            Purpose.CALLBACK,
            Request(method="GET", url=f"{REDIRECT}?code={CODE}&state={STATE}"),
        ),
        recorded(
            3,
            Step.TOKEN,
            Purpose.TOKEN,
            Request(
                method="POST",
                url="https://as.example.com/token",
                headers=FORM,
                body=token_body(),
            ),
            content=json.dumps({"access_token": TOKEN}).encode(),
        ),
        *(
            recorded(
                n,
                Step.SESSION,
                Purpose.LIST_TOOLS,
                Request(
                    method="POST",
                    url="https://m.example.com/mcp",
                    headers=CALL,
                    body=call_body(n),
                ),
                content=f"answer {n}".encode(),
            )
            for n in (4, 5)
        ),
    ),
)


def send(
    step: Step = Step.SESSION,
    purpose: Purpose = Purpose.LIST_TOOLS,
    *,
    method: str = "POST",
    url: str = "https://m.example.com/mcp",
    headers: Headers = CALL,
    body: bytes = call_body(9),
) -> Send:
    return Send(
        step=step,
        purpose=purpose,
        voice=Voice.BROKER,
        method=method,
        url=url,
        headers=headers,
        body=body,
    )


def token_send(code: str, verifier: str) -> Send:
    return send(
        Step.TOKEN,
        Purpose.TOKEN,
        url="https://as.example.com/token",
        headers=FORM,
        body=token_body(code, verifier),
    )


def body_of(exchange: Exchange) -> bytes:
    assert exchange.response is not None
    return exchange.response.body


def test_the_answer_is_recorded_and_the_request_is_new() -> None:
    replay = Replay(TRACE)
    answer = replay.answer(token_send("other", "other"))
    assert answer.request.body == token_body("other", "other")
    assert body_of(answer) == json.dumps({"access_token": TOKEN}).encode()
    assert (answer.n, answer.connection, answer.timing, answer.started) == (
        1,
        Connection(host="h", port=443),
        Timing(total=3.0),
        103.0,
    )
    assert replay.missing == []
    assert replay.differs == []


def test_each_answer_is_given_once_and_the_last_one_again() -> None:
    replay = Replay(TRACE)
    assert [body_of(replay.answer(send())) for _ in range(4)] == [
        b"answer 4",
        b"answer 5",
        b"answer 5",
        b"answer 5",
    ]


def test_a_request_that_was_not_recorded_fails_and_is_named() -> None:
    replay = Replay(TRACE)
    answer = replay.answer(send(Step.REFRESH, Purpose.REFRESH, url="https://as.example.com/token"))
    text = "POST https://as.example.com/token (refresh)"
    assert answer.failure == Failure(FailureKind.OTHER, f"the recording has no answer for {text}")
    assert answer.response is None
    assert replay.missing == [text]
    assert replay.differs == []


def test_a_changed_method_or_path_is_missing_and_different() -> None:
    replay = Replay(TRACE)
    replay.answer(send(method="GET"))
    replay.answer(send(url="https://m.example.com/other"))
    assert replay.differs == [
        "GET https://m.example.com/mcp (session): recorded as POST https://m.example.com/mcp",
        "POST https://m.example.com/other (session): recorded as POST https://m.example.com/mcp",
    ]
    assert len(replay.missing) == 2


def test_changed_headers_and_members_are_named_and_volatile_ones_are_not() -> None:
    replay = Replay(TRACE)
    headers: Headers = (
        ("host", "elsewhere"),
        ("accept", "application/json"),
        ("Authorization", "Bearer another"),
        ("MCP-Protocol-Version", "2026-07-28"),
    )
    body = json.dumps({"jsonrpc": "2.0", "id": 77, "method": "x", "params": {"cursor": "1"}})
    replay.answer(send(headers=headers, body=body.encode()))
    assert replay.differs == [
        "POST https://m.example.com/mcp (session): "
        "header accept was 'application/json, text/event-stream' and is 'application/json', "
        "header content-type is missing, "
        "header mcp-protocol-version is new, "
        "body method was '\"tools/list\"' and is '\"x\"', "
        "body params is new"
    ]


def test_another_scheme_of_authorization_is_a_difference() -> None:
    replay = Replay(TRACE)
    headers = (*CALL[:-1], ("Authorization", "Basic abc"))
    replay.answer(send(headers=headers))
    assert len(replay.differs) == 1
    assert (
        "header authorization was 'Bearer <credential>' and is 'Basic <credential>'"
        in replay.differs[0]
    )


def test_a_redacted_recording_matches_with_its_own_random_values(tmp_path: Path) -> None:
    save(TRACE, tmp_path / "r", Redactor())
    replay = Replay(load(tmp_path / "r"))
    values = replay.random_values()
    assert values == {"state": ["<state:1 30>"], "code_verifier": ["<verifier:1 45>"]}
    back = f"{REDIRECT}?{urlencode({'code': 'x', 'state': values['state'][0]})}"
    callback = replay.answer(
        send(Step.CALLBACK, Purpose.CALLBACK, method="GET", url=back, headers=(), body=b"")
    )
    assert callback.failure is None
    answer = replay.answer(token_send("<code:1 25>", values["code_verifier"][0]))
    token = json.loads(body_of(answer))["access_token"]
    headers = (*CALL[:-1], ("Authorization", f"Bearer {token}"))
    assert body_of(replay.answer(send(headers=headers))) == b"answer 4"
    assert replay.missing == []
    assert replay.differs == []


def test_the_port_of_a_loopback_address_is_volatile() -> None:
    def register(port: int) -> Request:
        body = json.dumps({"redirect_uris": [f"http://localhost:{port}/callback"]}).encode()
        return Request(method="POST", url="https://as.example.com/register", body=body)

    step, purpose = Step.REGISTRATION, Purpose.REGISTER
    replay = Replay(replace(TRACE, exchanges=(recorded(1, step, purpose, register(5001)),)))
    new = register(6002)
    replay.answer(send(step, purpose, url=new.url, headers=(), body=new.body))
    assert (replay.missing, replay.differs) == ([], [])


def test_hostile_urls_and_bodies_do_not_break_a_replay() -> None:
    odd = Request(
        method="GET", url="https://[bad/?a=%ff", headers=FORM, body=b"&".join([b"a=b"] * 2000)
    )
    trace = replace(TRACE, exchanges=(recorded(1, Step.CALLBACK, Purpose.CALLBACK, odd),))
    replay = Replay(trace)
    replay.answer(send(Step.CALLBACK, Purpose.CALLBACK, method="GET", url=odd.url, body=odd.body))
    assert replay.missing == []
    assert replay.random_values() == {}
