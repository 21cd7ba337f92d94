"""When each surface renews its token, what it does when that fails, and what a step-up asks."""

import json
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from fake import MCP, Handler, Play, Reply, healthy, reply, server_document

from harness.client.choices import Choices
from harness.client.events import Send
from harness.diagnosis.diagnose import diagnose
from harness.model.trace import NoteKind, Purpose, Step, Trace, Voice
from harness.model.verdict import Surface, Verdict
from harness.profiles import profile

HOSTED, CODE, SPEC = Surface.CLAUDE_AI, Surface.CLAUDE_CODE, Surface.MCP_SPEC
BAD_GRANT = reply(400, {"error": "invalid_grant"})
UNSAID = object()


def is_grant(send: Send, grant: str) -> bool:
    return send.url.endswith("/token") and parse_qs(send.body.decode())["grant_type"] == [grant]


def bearer_of(send: Send) -> str | None:
    return {name.lower(): value for name, value in send.headers}.get("authorization")


@dataclass
class Rotating:
    """A token endpoint that issues a new pair each time, and takes each refresh token once."""

    expires_in: object = UNSAID
    rotates: bool = True
    issued: int = 0
    good: set[str] = field(default_factory=set)

    def __call__(self, send: Send) -> Reply | None:
        if not send.url.endswith("/token"):
            return None
        form = dict(parse_qsl(send.body.decode()))
        refreshing = form["grant_type"] == "refresh_token"
        if refreshing and form["refresh_token"] not in self.good:
            return BAD_GRANT
        self.issued += 1
        answer: dict[str, object] = {"access_token": f"a{self.issued}", "token_type": "Bearer"}
        if self.expires_in is not UNSAID:
            answer["expires_in"] = self.expires_in
        if self.rotates or not refreshing:
            self.good = {f"r{self.issued}"}
            answer["refresh_token"] = f"r{self.issued}"
        return reply(200, answer)


def played(surface: Surface, *handlers: Handler, **choices: object) -> tuple[Play, Trace]:
    play = Play((*handlers, healthy), profile=profile(surface))
    play.choices = replace(Choices(target=MCP), **choices)  # type: ignore[arg-type]
    return play, play.run()


def own_calls(trace: Trace) -> list[str]:
    """`R` for each refresh, `c` for each call with a token, of the surface itself."""
    marks = []
    for one in trace.exchanges:
        with_token = one.request.header("authorization") is not None
        if one.purpose is Purpose.REFRESH and not one.exploration:
            marks.append("R")
        elif one.voice is Voice.RUNTIME and with_token and not one.exploration:
            marks.append("c")
    return marks


@pytest.mark.parametrize("expires_in", [290, 299.5, 60, 0, -1, None, "290"])
def test_claude_code_renews_a_short_token_before_every_call(expires_in: object) -> None:
    play, trace = played(CODE, Rotating(expires_in))
    assert trace.stop is None
    assert diagnose(trace).verdict is Verdict.CONNECTS
    calls = own_calls(trace)
    assert len(calls) > 10
    assert calls == ["R", "c"] * (len(calls) // 2)
    tokens = [found for one in play.sends if one.url == MCP and (found := bearer_of(one))]
    assert len(set(tokens)) == len(tokens)
    assert trace.decision(Step.TOKEN, "early_refresh") is True


@pytest.mark.parametrize("expires_in", [300, 330, "330", 3600, 10**400, UNSAID, True, "soon"])
def test_claude_code_leaves_a_longer_token_alone(expires_in: object) -> None:
    trace = played(CODE, Rotating(expires_in))[1]
    assert trace.stop is None
    assert own_calls(trace).count("R") == 1
    assert trace.decision(Step.TOKEN, "early_refresh") is None


@pytest.mark.parametrize("surface", [HOSTED, SPEC])
@pytest.mark.parametrize("expires_in", [60, None, -1])
def test_others_do_not_renew_before_each_call(surface: Surface, expires_in: object) -> None:
    trace = played(surface, Rotating(expires_in))[1]
    assert trace.stop is None
    assert own_calls(trace).count("R") == 1


def test_a_refresh_token_that_is_not_replaced_is_used_again() -> None:
    endpoint = Rotating(60, rotates=False)
    play, trace = played(CODE, endpoint)
    assert trace.stop is None
    sent = [
        dict(parse_qsl(one.body.decode())) for one in play.sends if is_grant(one, "refresh_token")
    ]
    assert len(sent) > 5
    assert {one["refresh_token"] for one in sent} == {"r1"}


def test_a_short_token_without_a_refresh_token_is_used() -> None:
    answer = reply(200, {"access_token": "a1", "token_type": "Bearer", "expires_in": 60})

    def endpoint(send: Send) -> Reply | None:
        return answer if send.url.endswith("/token") else None

    trace = played(CODE, endpoint)[1]
    assert trace.stop is None
    assert "R" not in own_calls(trace)
    assert trace.decision(Step.TOKEN, "early_refresh") is None


def test_a_run_that_ends_before_the_refresh_makes_none() -> None:
    trace = played(CODE, Rotating(60), until=Step.SESSION)[1]
    assert trace.last(Step.SESSION, Purpose.LIST_TOOLS) is not None
    assert "R" not in own_calls(trace)


def refuses(*answers: Reply | None, grant: str = "refresh_token") -> Handler:
    """Answers the first requests for a grant with these; None lets one through."""
    left = list(answers)

    def handler(send: Send) -> Reply | None:
        return left.pop(0) if left and is_grant(send, grant) else None

    return handler


@pytest.mark.parametrize(
    "refusal", [BAD_GRANT, reply(401, {"error": "invalid_client"})], ids=["grant", "client"]
)
def test_with_a_dead_refresh_token_claude_code_calls_without_a_token(refusal: Reply) -> None:
    play, trace = played(CODE, refuses(refusal), Rotating(60))
    assert trace.stop is not None
    assert trace.stop.step is Step.REFRESH
    diagnosis = diagnose(trace)
    assert (diagnosis.verdict, diagnosis.stopped_at) == (Verdict.FAILS, Step.REFRESH)
    assert [one.row for one in diagnosis.unmet if one.step is Step.REFRESH] == ["refresh.accepted"]
    refused = next(at for at, one in enumerate(play.sends) if is_grant(one, "refresh_token"))
    after = play.sends[refused + 1]
    assert after.url == MCP
    assert after.exploration
    assert all(bearer_of(send) is None for send in play.sends[refused + 1 :])


def test_claude_code_asks_three_times_and_keeps_the_old_token() -> None:
    play, trace = played(CODE, refuses(*[reply(503)] * 3), Rotating(60))
    assert trace.stop is None
    assert own_calls(trace)[:6] == ["R", "R", "R", "c", "R", "c"]
    assert [one.seconds for one in play.waits] == [1.0, 2.0]
    with_token = [bearer_of(one) for one in play.sends if one.step is Step.CONNECT]
    assert with_token[:2] == ["Bearer a1", "Bearer a2"]
    assert any(one.data.get("kept") for one in trace.noted(NoteKind.DECISION, Step.REFRESH))


def test_claude_code_goes_on_when_a_later_try_works() -> None:
    play, trace = played(CODE, refuses(reply(500)), Rotating(3600))
    assert trace.stop is None
    assert own_calls(trace)[-3:] == ["R", "R", "c"]
    assert [one.seconds for one in play.waits] == [1.0]


@pytest.mark.parametrize(
    ("surface", "status", "tries"),
    [(CODE, 500, 3), (CODE, 429, 1), (HOSTED, 503, 1), (SPEC, 503, 1)],
)
def test_a_refresh_that_never_works_is_the_stop(surface: Surface, status: int, tries: int) -> None:
    trace = played(surface, refuses(*[reply(status)] * 9), Rotating(3600))[1]
    assert trace.stop is not None
    assert trace.stop.step is Step.REFRESH
    assert f"answer {status}" in trace.stop.text
    assert own_calls(trace).count("R") == tries
    unmet = [one.row for one in diagnose(trace).unmet if one.step is Step.REFRESH]
    assert unmet == ["refresh.accepted"]


def test_a_refresh_token_that_is_used_up_at_the_second_expiry() -> None:
    late = refuses(None, BAD_GRANT)
    trace = played(HOSTED, late, Rotating(3600, rotates=False))[1]
    assert trace.stop is not None
    unmet = [one.row for one in diagnose(trace).unmet if one.step is Step.REFRESH]
    assert unmet == ["refresh.again"]


@pytest.mark.parametrize(
    ("surface", "answers", "tries", "step"),
    [
        (CODE, (BAD_GRANT,), 2, None),
        (CODE, (BAD_GRANT, BAD_GRANT), 2, Step.TOKEN),
        (CODE, (reply(401, {"error": "invalid_grant"}),), 1, Step.TOKEN),
        (CODE, (reply(400, {"error": "invalid_request"}),), 1, Step.TOKEN),
        (HOSTED, (BAD_GRANT,), 1, Step.TOKEN),
        (SPEC, (BAD_GRANT,), 1, Step.TOKEN),
    ],
)
def test_a_refused_code(
    surface: Surface, answers: tuple[Reply, ...], tries: int, step: Step | None
) -> None:
    trace = played(surface, refuses(*answers, grant="authorization_code"))[1]
    sent = list(trace.at(Step.TOKEN, Purpose.TOKEN))
    assert len(sent) == tries
    assert len({one.request.body for one in sent}) == 1
    assert (trace.stop.step if trace.stop else None) is step


def expired(word: bytes, token: str) -> Handler:
    """The first token is over when a message with this word comes."""

    def handler(send: Send) -> Reply | None:
        return reply(401) if word in send.body and bearer_of(send) == f"Bearer {token}" else None

    return handler


@pytest.mark.parametrize("surface", [HOSTED, CODE])
@pytest.mark.parametrize("word", [b'"initialize"', b'"tools/list"', b'"tools/call"'])
def test_a_401_is_answered_by_a_refresh_and_the_same_call(surface: Surface, word: bytes) -> None:
    endpoint = Rotating(3600)
    play, trace = played(surface, expired(word, "a1"), endpoint, call_tool="add")
    assert trace.stop is None
    same = [one for one in play.sends if word in one.body and bearer_of(one)]
    assert [bearer_of(one) for one in same[:2]] == ["Bearer a1", "Bearer a2"]
    assert same[0].body == same[1].body
    assert len(play.asks) == 1


@pytest.mark.parametrize("surface", [HOSTED, CODE])
def test_a_second_401_is_final(surface: Surface) -> None:
    def over(send: Send) -> Reply | None:
        return reply(401) if b'"tools/list"' in send.body and bearer_of(send) else None

    trace = played(surface, over, Rotating(3600))[1]
    assert trace.stop is not None
    assert trace.stop.step is Step.SESSION
    assert own_calls(trace).count("R") == 1


def test_the_strict_client_signs_in_again_instead() -> None:
    play, trace = played(SPEC, expired(b'"tools/list"', "a1"), Rotating(3600))
    assert trace.stop is None
    assert len(play.asks) == 2


def wants_write(send: Send) -> Reply | None:
    if b'"tools/call"' not in send.body or bearer_of(send) != "Bearer a1":
        return None
    challenge = 'Bearer error="insufficient_scope", scope="write"'
    return reply(403, headers=(("WWW-Authenticate", challenge),))


def offers_offline_access(send: Send) -> Reply | None:
    if send.url.endswith("/.well-known/oauth-authorization-server"):
        return reply(200, server_document(scopes_supported=["offline_access"]))
    if send.url.endswith("/.well-known/oauth-protected-resource/mcp"):
        document = json.loads((healthy(send) or reply(500)).body)  # type: ignore[union-attr]
        return reply(200, {**document, "scopes_supported": ["notes"]})
    return None


@pytest.mark.parametrize(
    ("surface", "scope", "prompt"),
    [
        (HOSTED, "write", None),
        (CODE, "write offline_access", "consent"),
        (SPEC, "notes offline_access write", None),
    ],
)
def test_the_scope_of_a_step_up(surface: Surface, scope: str, prompt: str | None) -> None:
    play, trace = played(
        surface, wants_write, offers_offline_access, Rotating(3600), call_tool="add"
    )
    assert trace.stop is None
    first, second = (dict(parse_qsl(urlsplit(ask.url).query)) for ask in play.asks)
    assert first["scope"] == "notes offline_access"
    assert (second["scope"], second.get("prompt")) == (scope, prompt)
    assert first["client_id"] == second["client_id"]


def test_what_the_step_up_brought_is_what_is_renewed() -> None:
    endpoint = Rotating(3600)
    play, trace = played(HOSTED, wants_write, endpoint, call_tool="add")
    assert trace.stop is None
    sent = [one for one in play.sends if is_grant(one, "refresh_token")]
    assert [parse_qs(one.body.decode())["refresh_token"] for one in sent] == [["r2"]]
