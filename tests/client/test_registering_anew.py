"""What follows when a server forgets a client, or gives it a secret that ends."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from fake import AUTH, MCP, Handler, Play, Reply, healthy, reply, server_document

from harness.client.choices import Choices
from harness.client.events import Ask, Send
from harness.client.lifetimes import secret_ends, secret_lifetime
from harness.diagnosis.diagnose import diagnose
from harness.model.trace import (
    Exchange,
    NoteKind,
    Purpose,
    Request,
    Step,
    Trace,
    Voice,
)
from harness.model.verdict import Surface, Verdict
from harness.profiles import profile

HOSTED, CODE, SPEC = Surface.CLAUDE_AI, Surface.CLAUDE_CODE, Surface.MCP_SPEC
GONE = {"error": "invalid_client"}


def registrar(*answers: Reply) -> Handler:
    """Answers one registration after the other."""
    left = iter(answers)

    def handler(send: Send) -> Reply | None:
        return next(left) if send.url.endswith("/register") else None

    return handler


def client(name: str) -> Reply:
    return reply(201, {"client_id": name})


def form(send: Send) -> dict[str, str]:
    return dict(parse_qsl(send.body.decode()))


def forgets(*names: str, grant: str = "authorization_code", status: int = 401) -> Handler:
    """A token endpoint that does not know these clients."""

    def handler(send: Send) -> Reply | None:
        if not send.url.endswith("/token"):
            return None
        asked = form(send)
        unknown = asked["client_id"] in names and asked["grant_type"] == grant
        return reply(status, GONE) if unknown else None

    return handler


def registered(trace: Trace) -> int:
    return len(list(trace.at(Step.REGISTRATION, Purpose.REGISTER)))


def stop(trace: Trace) -> tuple[Step, str]:
    assert trace.stop is not None
    return trace.stop.step, trace.stop.text


def test_a_server_that_takes_the_new_client_connects_with_a_note() -> None:
    play = Play((registrar(client("c1"), client("c2")), forgets("c1"), healthy))
    trace = play.run()
    assert trace.stop is None
    assert diagnose(trace).verdict is Verdict.CONNECTS
    assert trace.decision(Step.TOKEN, "registers_anew") is True
    asked = [dict(parse_qsl(urlsplit(one.url).query))["client_id"] for one in play.asks]
    assert asked == ["c1", "c2"]
    refreshed = [send for send in play.sends if b"grant_type=refresh_token" in send.body]
    assert [form(send)["client_id"] for send in refreshed] == ["c2"]
    first = next(trace.at(Step.TOKEN, Purpose.TOKEN))
    assert not any(one.exploration for one in trace.exchanges if one.n <= first.n + 8)


def test_it_registers_anew_once() -> None:
    play = Play((registrar(client("c1"), client("c2")), forgets("c1", "c2"), healthy))
    trace = play.run()
    assert registered(trace) == 2
    assert stop(trace)[0] is Step.TOKEN
    assert len(list(trace.noted(NoteKind.STOP))) == 1


def test_the_first_stop_stands_when_the_new_registration_is_refused() -> None:
    refusal = reply(400, {"error": "invalid_client_metadata"})
    play = Play((registrar(client("c1"), *[refusal] * 3), forgets("c1"), healthy))
    trace = play.run()
    step, text = stop(trace)
    assert step is Step.TOKEN
    assert "answer 401, invalid_client" in text
    assert "registration failed: answer 400" in text
    diagnosis = diagnose(trace)
    assert (diagnosis.verdict, diagnosis.stopped_at) == (Verdict.FAILS, Step.TOKEN)


def test_the_first_stop_stands_when_the_second_sign_in_fails() -> None:
    right = Play().callback

    def second_denied(play_asks: list[Ask]) -> Callable[[Ask], str | None]:
        def callback(ask: Ask) -> str | None:
            answer = right(ask)
            assert answer is not None
            return answer if len(play_asks) == 1 else answer.replace("code=", "error=")

        return callback

    play = Play((registrar(client("c1"), client("c2")), forgets("c1"), healthy))
    play.callback = second_denied(play.asks)
    step, text = stop(play.run())
    assert step is Step.TOKEN
    assert "carries no code" in text


def test_a_later_stop_is_one_of_its_own() -> None:
    def no_tools(send: Send) -> Reply | None:
        return reply(500) if b'"tools/list"' in send.body else None

    play = Play((registrar(client("c1"), client("c2")), forgets("c1"), no_tools, healthy))
    assert stop(play.run()) == (Step.SESSION, "tools/list failed: answer 500")


@pytest.mark.parametrize(
    ("surface", "said"),
    [
        (
            CODE,
            "no token: answer 401, invalid_client; "
            "the client is dropped, and the next sign-in registers another",
        ),
        (SPEC, "no token: answer 401, invalid_client"),
    ],
)
def test_other_surfaces_stop(surface: Surface, said: str) -> None:
    play = Play((registrar(client("c1")), forgets("c1"), healthy), profile=profile(surface))
    trace = play.run()
    assert stop(trace) == (Step.TOKEN, said)
    assert (registered(trace), len(play.asks)) == (1, 1)


@pytest.mark.parametrize("status", [400, 403, 500])
def test_only_401_says_that_the_client_is_gone(status: int) -> None:
    play = Play((registrar(client("c1")), forgets("c1", status=status), healthy))
    trace = play.run()
    assert registered(trace) == 1
    assert "dropped" not in stop(trace)[1]


def test_a_given_client_is_not_replaced() -> None:
    choices = Choices(target=MCP, client_id="mine")
    trace = Play((forgets("mine"), healthy), choices=choices).run()
    assert stop(trace) == (Step.TOKEN, "no token: answer 401, invalid_client")
    assert registered(trace) == 0


def test_a_metadata_document_is_not_replaced() -> None:
    own = profile(HOSTED)
    members: dict[str, object] = {
        "client_id_metadata_document_supported": True,
        "token_endpoint_auth_methods_supported": ["none"],
    }

    def offered(send: Send) -> Reply | None:
        found = send.url.endswith("/.well-known/oauth-authorization-server")
        return reply(200, server_document(**members)) if found else None

    trace = Play((offered, forgets(own.cimd_client_id), healthy)).run()
    assert stop(trace)[0] is Step.TOKEN
    assert registered(trace) == 0


@pytest.mark.parametrize(("surface", "dropped"), [(HOSTED, True), (CODE, True), (SPEC, False)])
def test_a_client_that_is_gone_at_the_refresh_ends_the_connection(
    surface: Surface, dropped: bool
) -> None:
    gone = forgets("c1", grant="refresh_token")
    trace = Play((registrar(client("c1")), gone, healthy), profile=profile(surface)).run()
    step, text = stop(trace)
    assert step is Step.REFRESH
    assert ("the next sign-in registers another" in text) is dropped
    assert registered(trace) == 1


def answered(started: float, **members: object) -> Exchange:
    request = Request(method="POST", url=f"{AUTH}/register")
    return Exchange(
        n=1,
        step=Step.REGISTRATION,
        purpose=Purpose.REGISTER,
        voice=Voice.BROKER,
        request=request,
        response=reply(201, {"client_id": "c1", "client_secret": "s1", **members}),
        started=started,
    )


@pytest.mark.parametrize(
    ("end", "left", "said"),
    [
        (1000, -500.0, "500 s before it was issued"),
        (1530, 30.0, "in 30 s"),
        (1530.5, 30.5, "in 30 s"),
        (0, None, None),
        ("1530", None, None),
        (True, None, None),
    ],
)
def test_when_a_secret_ends(end: object, left: float | None, said: str | None) -> None:
    exchange = answered(1500.0, client_secret_expires_at=end)
    assert secret_lifetime(exchange) == left
    text = secret_ends(exchange)
    assert text == said or (said is not None and text is not None and said in text)


@pytest.mark.parametrize("surface", [HOSTED, CODE, SPEC])
@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"client_secret_expires_at": -5}, "5 s before it was issued"),
        ({"client_secret_expires_at": 60}, "in 60 s"),
        ({}, "does not say when"),
        ({"client_secret_expires_at": 0}, None),
    ],
)
def test_a_secret_that_ends_is_noted_and_used(
    surface: Surface, members: dict[str, object], said: str | None
) -> None:
    answer = reply(201, {"client_id": "c1", "client_secret": "s1", **members})
    trace = Play((registrar(answer), healthy), profile=profile(surface)).run()
    notes = [one.text for one in trace.noted(NoteKind.DECISION, Step.REGISTRATION)]
    found = [text for text in notes if "secret ends" in text]
    assert trace.stop is None
    assert registered(trace) == 1
    assert found == [] if said is None else said in found[0]


def test_a_public_client_has_no_secret_that_ends() -> None:
    answer = reply(201, {"client_id": "c1", "client_secret_expires_at": -5})
    trace = Play((registrar(answer), healthy)).run()
    notes = [one.text for one in trace.noted(NoteKind.DECISION, Step.REGISTRATION)]
    assert not any("secret ends" in text for text in notes)
