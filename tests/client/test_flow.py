"""The simulated claude.ai sends what Claude sends, in Claude's order, and stops where it stops."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from fake import AUTH, MCP, Handler, Play, Reply, healthy, mcp_answer, reply, server_document

from harness.client.authorization import s256
from harness.client.choices import Choices, Registration
from harness.client.events import Send
from harness.model.trace import (
    Exchange,
    Failure,
    FailureKind,
    NoteKind,
    Purpose,
    Step,
    Trace,
    Voice,
)
from harness.model.verdict import Surface
from harness.profiles import SURFACES, profile
from harness.profiles.claude_ai import PROFILE
from harness.profiles.policy import IssuerCheck, StepUpScope

CALLBACK = "https://claude.ai/api/mcp/auth_callback"


def asked(trace: Trace) -> list[str]:
    return [f"{one.request.method} {one.request.url}" for one in trace.exchanges]


def at(path_suffix: str, answer: Reply, *, method: str | None = None) -> Handler:
    def handler(send: Send) -> Reply | None:
        matches = send.url.partition("?")[0].endswith(path_suffix)
        return answer if matches and method in (None, send.method) else None

    return handler


def with_server(**members: object) -> Handler:
    return at("/.well-known/oauth-authorization-server", reply(200, server_document(**members)))


def form(exchange: Exchange) -> list[tuple[str, str]]:
    return parse_qsl(exchange.request.text, keep_blank_values=True)


def the(trace: Trace, step: Step, purpose: Purpose) -> Exchange:
    found = trace.last(step, purpose)
    assert found is not None
    return found


def test_the_whole_flow_in_order() -> None:
    play = Play()
    trace = play.run()
    assert [(one.step, one.purpose, one.voice) for one in trace.exchanges] == [
        (Step.CHALLENGE, Purpose.INITIALIZE, Voice.BROKER),
        (Step.CHALLENGE, Purpose.DISCOVER, Voice.RUNTIME),
        (Step.CHALLENGE, Purpose.INITIALIZE, Voice.RUNTIME),
        (Step.RESOURCE_METADATA, Purpose.METADATA_POINTER, Voice.BROKER),
        (Step.SERVER_METADATA, Purpose.RFC8414, Voice.BROKER),
        (Step.REGISTRATION, Purpose.REGISTER, Voice.BROKER),
        (Step.CALLBACK, Purpose.CALLBACK, Voice.BROWSER),
        (Step.TOKEN, Purpose.RFC8414, Voice.BROKER),
        (Step.TOKEN, Purpose.TOKEN, Voice.BROKER),
        (Step.CONNECT, Purpose.DISCOVER, Voice.RUNTIME),
        (Step.CONNECT, Purpose.INITIALIZE, Voice.RUNTIME),
        (Step.SESSION, Purpose.INITIALIZED, Voice.RUNTIME),
        (Step.SESSION, Purpose.STREAM, Voice.RUNTIME),
        (Step.SESSION, Purpose.LIST_TOOLS, Voice.RUNTIME),
        (Step.SESSION, Purpose.LIST_PROMPTS, Voice.RUNTIME),
        (Step.SESSION, Purpose.LIST_RESOURCES, Voice.RUNTIME),
        (Step.REFRESH, Purpose.REFRESH, Voice.BROKER),
        (Step.REFRESH, Purpose.LIST_TOOLS, Voice.RUNTIME),
        (Step.SESSION, Purpose.END_SESSION, Voice.RUNTIME),
        (Step.RESOURCE_METADATA, Purpose.METADATA_ROOT, Voice.BROKER),
        (Step.CHALLENGE, Purpose.PREFLIGHT, Voice.BROWSER),
        (Step.CHALLENGE, Purpose.PAGE_CALL, Voice.BROWSER),
        (Step.CHALLENGE, Purpose.HEAD, Voice.BROKER),
        (Step.CHALLENGE, Purpose.OTHER_SLASH, Voice.RUNTIME),
    ]
    assert trace.stop is None
    assert play.waits == []


def test_the_broker_opens_with_158_bytes_in_the_header_order_of_httpx() -> None:
    first = Play().run().exchanges[0].request
    assert len(first.body) == 158
    assert first.body == (
        b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",'
        b'"capabilities":{},"clientInfo":{"name":"Anthropic","version":"1.0.0"}}}'
    )
    assert first.headers == (
        ("Host", "mcp.example.com"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Connection", "keep-alive"),
        ("User-Agent", "python-httpx/0.28.1"),
        ("MCP-Protocol-Version", "2025-11-25"),
        ("Content-Length", "158"),
        ("Content-Type", "application/json"),
    )


def test_the_runtime_asks_the_same_in_its_own_voice() -> None:
    trace = Play().run()
    discover, initialize = trace.exchanges[1].request, trace.exchanges[2].request
    assert discover.header("Mcp-Method") == "server/discover"
    assert discover.header("MCP-Protocol-Version") == "2026-07-28"
    assert initialize.header("User-Agent") == "Claude-User"
    assert initialize.header("Accept") == "application/json, text/event-stream"
    assert initialize.header("MCP-Protocol-Version") is None
    assert len(initialize.body) == 254


def test_metadata_is_asked_by_path_then_root_without_a_pointer() -> None:
    bare = at("/mcp", reply(401), method="POST")
    trace = Play((bare, at("oauth-protected-resource/mcp", reply(404)), healthy)).run()
    found = [one.request.url for one in trace.at(Step.RESOURCE_METADATA)]
    assert found == [
        "https://mcp.example.com/.well-known/oauth-protected-resource/mcp",
        "https://mcp.example.com/.well-known/oauth-protected-resource",
    ]


@pytest.mark.parametrize("pointer", ["javascript:alert(1)", "file:///etc/passwd", "/relative", ""])
def test_a_pointer_that_is_no_address_is_never_asked(pointer: str) -> None:
    header = ("WWW-Authenticate", f'Bearer resource_metadata="{pointer}"')
    bare = at("/mcp", reply(401, headers=(header,)), method="POST")
    trace = Play((bare, healthy)).run()
    assert all(one.request.url.startswith("https://") for one in trace.exchanges)
    assert next(trace.at(Step.RESOURCE_METADATA)).purpose is Purpose.METADATA_PATH


@pytest.mark.parametrize("endpoint", ["javascript:alert(1)", "file:///x", "relative", 7, None])
def test_an_endpoint_that_is_no_address_stops_the_client(endpoint: object) -> None:
    trace = Play((with_server(token_endpoint=endpoint), healthy)).run()
    assert trace.stop is not None
    assert trace.stop.step is Step.SERVER_METADATA
    assert all(one.request.url.startswith("https://") for one in trace.exchanges)


def test_a_path_issuer_is_asked_in_every_form_and_then_guessed() -> None:
    issuer = f"{AUTH}/tenant"
    metadata = at(
        "oauth-protected-resource/mcp",
        reply(200, {"resource": MCP, "authorization_servers": [issuer]}),
    )
    none = at("/.well-known/oauth-authorization-server", reply(404))
    trace = Play((metadata, none, healthy)).run()
    assert [one.request.url for one in trace.at(Step.SERVER_METADATA)] == [
        f"{AUTH}/.well-known/oauth-authorization-server/tenant",
        f"{AUTH}/.well-known/openid-configuration/tenant",
        f"{AUTH}/tenant/.well-known/openid-configuration",
        f"{AUTH}/.well-known/oauth-authorization-server",
    ]
    assert the(trace, Step.REGISTRATION, Purpose.REGISTER).request.url == f"{AUTH}/register"
    assert trace.decision(Step.SERVER_METADATA, "endpoints") == "guessed"


@pytest.mark.parametrize(
    "resource",
    ["https://other.example.com/mcp", "http://mcp.example.com/mcp", "https://mcp.example.com/x"],
)
def test_metadata_for_another_resource_is_not_used(resource: str) -> None:
    foreign = {"resource": resource, "authorization_servers": [AUTH]}
    trace = Play((at("oauth-protected-resource/mcp", reply(200, foreign)), healthy)).run()
    assert trace.decision(Step.RESOURCE_METADATA, "used") is None
    assert "https://auth.example.com" not in " ".join(asked(trace))
    assert trace.stop is not None
    assert trace.stop.step is Step.REGISTRATION


@pytest.mark.parametrize(
    ("members", "way"),
    [
        ({"client_id_metadata_document_supported": True}, "dcr"),
        (
            {
                "client_id_metadata_document_supported": True,
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            },
            "dcr",
        ),
        (
            {
                "client_id_metadata_document_supported": "true",
                "token_endpoint_auth_methods_supported": ["none"],
            },
            "dcr",
        ),
        (
            {
                "client_id_metadata_document_supported": True,
                "token_endpoint_auth_methods_supported": ["none"],
            },
            "cimd",
        ),
    ],
)
def test_cimd_needs_the_flag_and_none(members: dict[str, object], way: str) -> None:
    trace = Play((with_server(**members), healthy)).run()
    assert trace.decision(Step.REGISTRATION, "way") == way


def test_the_registration_body_and_the_method_of_the_answer() -> None:
    trace = Play().run()
    register = the(trace, Step.REGISTRATION, Purpose.REGISTER)
    assert register.request.json == {
        "client_name": "Claude",
        "redirect_uris": [CALLBACK],
        "grant_types": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_post",
    }
    token = form(the(trace, Step.TOKEN, Purpose.TOKEN))
    assert [name for name, _ in token] == [
        "grant_type",
        "code",
        "code_verifier",
        "redirect_uri",
        "client_id",
        "client_secret",
        "resource",
    ]


def test_an_answer_of_none_makes_a_public_client() -> None:
    answer = {"client_id": "c1", "token_endpoint_auth_method": "none"}
    trace = Play((at("/register", reply(201, answer)), healthy)).run()
    token = dict(form(the(trace, Step.TOKEN, Purpose.TOKEN)))
    assert token["client_id"] == "c1"
    assert "client_secret" not in token


def test_basic_is_used_when_the_answer_says_so() -> None:
    answer = {
        "client_id": "c 1",
        "client_secret": "s:1",
        "token_endpoint_auth_method": "client_secret_basic",
    }
    trace = Play((at("/register", reply(200, answer)), healthy)).run()
    request = the(trace, Step.TOKEN, Purpose.TOKEN).request
    assert request.header("Authorization") == "Basic YysxOnMlM0Ex"  # c+1:s%3A1
    assert "client_id" not in dict(parse_qsl(request.text))


def test_a_refused_extension_grant_is_left_out_once() -> None:
    refusal = {"error": "invalid_client_metadata", "error_description": "grant_types: no"}

    def picky(send: Send) -> Reply | None:
        if not send.url.endswith("/register"):
            return None
        return reply(400, refusal) if b"jwt-bearer" in send.body else None

    trace = Play((picky, healthy)).run()
    assert len(list(trace.at(Step.REGISTRATION))) == 2
    assert trace.stop is None


def test_a_given_client_registers_nothing_and_posts_its_secret() -> None:
    choices = Choices(target=MCP, client_id="mine", client_secret="hush")
    trace = Play(choices=choices).run()
    assert trace.last(Step.REGISTRATION) is None
    token = dict(form(the(trace, Step.TOKEN, Purpose.TOKEN)))
    assert (token["client_id"], token["client_secret"]) == ("mine", "hush")


def test_a_forced_way_is_taken() -> None:
    forced = Choices(target=MCP, registration=Registration.CIMD)
    trace = Play(choices=forced).run()
    assert trace.decision(Step.REGISTRATION, "way") == "cimd"


def test_no_way_to_register_stops() -> None:
    trace = Play((with_server(registration_endpoint=None), healthy)).run()
    assert trace.stop is not None
    assert trace.stop.step is Step.REGISTRATION


def authorize_query(play: Play) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(play.asks[-1].url).query, keep_blank_values=True)


def test_the_authorization_request() -> None:
    play = Play()
    trace = play.run()
    query = authorize_query(play)
    assert [name for name, _ in query] == [
        "response_type",
        "client_id",
        "redirect_uri",
        "code_challenge",
        "code_challenge_method",
        "state",
        "scope",
        "resource",
    ]
    values = dict(query)
    assert values["redirect_uri"] == CALLBACK
    assert values["scope"] == "notes"
    assert values["resource"] == MCP
    verifier = dict(form(the(trace, Step.TOKEN, Purpose.TOKEN)))["code_verifier"]
    assert values["code_challenge"] == s256(verifier)


def test_pkce_matches_the_vector_of_rfc_7636() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert s256(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    ("given", "challenge", "published", "server", "expected"),
    [
        ("mine", "notes", ["other"], ["offline_access"], "mine"),
        (None, "notes", ["other"], [], "notes"),
        (None, "", ["one", "two"], [], "one two"),
        (None, "", [], [], None),
        (None, "", [], ["offline_access"], "offline_access"),
        (None, "notes", [], ["x", "offline_access"], "notes offline_access"),
        (None, "notes offline_access", [], ["offline_access"], "notes offline_access"),
    ],
)
def test_the_scope_ladder(
    given: str | None, challenge: str, published: list[str], server: list[str], expected: str | None
) -> None:
    pointer = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
    header = f'Bearer resource_metadata="{pointer}"' + (
        f', scope="{challenge}"' if challenge else ""
    )

    def unauthorized(send: Send) -> Reply | None:
        bearer = any(name == "Authorization" for name, _ in send.headers)
        if send.url != MCP or bearer:
            return None
        return reply(401, headers=(("WWW-Authenticate", header),))

    document = {
        "resource": MCP,
        "authorization_servers": [AUTH],
        "scopes_supported": published,
    }
    play = Play(
        (
            unauthorized,
            at("oauth-protected-resource/mcp", reply(200, document)),
            with_server(scopes_supported=server),
            healthy,
        ),
        choices=Choices(target=MCP, scope=given),
    )
    play.run()
    assert dict(authorize_query(play)).get("scope") == expected


def test_an_authorization_endpoint_with_a_query_keeps_it() -> None:
    play = Play((with_server(authorization_endpoint=f"{AUTH}/authorize?tenant=1"), healthy))
    play.run()
    assert authorize_query(play)[0] == ("tenant", "1")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("code=x", "no state"),
        ("code=x&state=other", "another state"),
        ("error=access_denied&state={state}", "access_denied"),
        ("state={state}", "no code"),
    ],
)
def test_a_callback_that_is_of_no_use_stops(query: str, said: str) -> None:
    state = "state-" + "x" * 37
    play = Play(callback=lambda ask: f"{CALLBACK}?{query.format(state=state)}")
    trace = play.run()
    assert trace.stop is not None
    assert trace.stop.step is Step.CALLBACK
    assert said in trace.stop.text


def test_a_foreign_iss_is_tolerated() -> None:
    state = "state-" + "x" * 37
    callback = f"{CALLBACK}?code=x&state={state}&iss=https://evil.example"
    assert Play(callback=lambda ask: callback).run().stop is None


def test_a_sign_in_that_needs_a_human_ends_without_a_stop() -> None:
    trace = Play(callback=lambda ask: None).run()
    assert trace.stop is None
    assert trace.last(Step.TOKEN) is None


@pytest.mark.parametrize("status", [200, 400, 403, 404, 405, 406, 500])
def test_only_401_starts_the_sign_in(status: int) -> None:
    trace = Play((at("/mcp", reply(status, {"no": "result"}), method="POST"), healthy)).run()
    assert trace.stop is not None
    assert trace.stop.step is Step.CHALLENGE
    # What follows only reads: nobody is registered or signed in for the sake of a diagnosis.
    later = [one for one in trace.exchanges if one.n > trace.stop.after]
    assert later
    assert all(one.exploration for one in later)
    assert {one.request.method for one in later} <= {"GET", "HEAD", "OPTIONS", "POST"}
    assert all(one.request.url in (MCP, f"{MCP}/") for one in later if one.request.method == "POST")


def test_403_with_insufficient_scope_starts_the_sign_in_too() -> None:
    header = ("WWW-Authenticate", 'Bearer error="insufficient_scope", scope="notes"')

    def refuse(send: Send) -> Reply | None:
        bearer = any(name == "Authorization" for name, _ in send.headers)
        if send.url == MCP and not bearer:
            return reply(403, headers=(header,))
        return None

    assert Play((refuse, healthy)).run().last(Step.TOKEN, Purpose.TOKEN) is not None


def test_an_open_server_is_used_without_a_token() -> None:
    def opened(send: Send) -> Reply | None:
        return mcp_answer(send) if send.url == MCP and send.method == "POST" else None

    trace = Play((opened, healthy)).run()
    assert trace.last(Step.REGISTRATION) is None
    assert the(trace, Step.SESSION, Purpose.LIST_TOOLS).request.header("Authorization") is None
    assert {note.step for note in trace.noted(NoteKind.SKIP)} >= {Step.TOKEN, Step.REFRESH}


@pytest.mark.parametrize("kind", [FailureKind.DNS, FailureKind.REFUSED, FailureKind.TLS])
def test_an_unreachable_server_is_asked_once(kind: FailureKind) -> None:
    trace = Play((lambda send: Failure(kind, "gone"),)).run()
    assert len(trace.exchanges) == 1
    assert trace.stop is not None
    assert trace.stop.step is Step.REACH


def test_the_modern_era_needs_no_handshake() -> None:
    def modern(send: Send) -> Reply | None:
        bearer = any(name == "Authorization" for name, _ in send.headers)
        if send.url != MCP or not bearer or b"server/discover" not in send.body:
            return None
        return reply(
            200,
            {"jsonrpc": "2.0", "id": 0, "result": {"supportedVersions": ["2026-07-28"]}},
        )

    trace = Play((modern, healthy)).run()
    assert trace.last(Step.CONNECT, Purpose.INITIALIZE) is None
    assert trace.last(Step.SESSION, Purpose.STREAM) is None
    call = the(trace, Step.SESSION, Purpose.LIST_TOOLS).request
    assert call.header("MCP-Protocol-Version") == "2026-07-28"
    assert call.header("Mcp-Method") == "tools/list"
    document = call.json_object
    assert document is not None
    assert "_meta" in str(document["params"])


def refuse_bearer(status: int, times: int = 99) -> Handler:
    left = [times]

    def handler(send: Send) -> Reply | None:
        bearer = any(name == "Authorization" for name, _ in send.headers)
        if send.url != MCP or not bearer or b'"initialize"' not in send.body or left[0] == 0:
            return None
        left[0] -= 1
        return reply(status)

    return handler


def test_a_503_is_tried_three_times_with_claudes_waits() -> None:
    play = Play((refuse_bearer(503), healthy))
    trace = play.run()
    assert [wait.seconds for wait in play.waits] == [3.0, 7.0]
    assert len(list(trace.at(Step.CONNECT, Purpose.INITIALIZE))) == 3
    assert trace.stop is not None
    assert trace.stop.step is Step.CONNECT


def test_a_second_try_that_works_connects() -> None:
    play = Play((refuse_bearer(503, times=1), healthy))
    assert play.run().stop is None
    assert len(play.waits) == 1


def test_a_401_is_answered_by_one_refresh() -> None:
    trace = Play((refuse_bearer(401), healthy)).run()
    assert len(list(trace.at(Step.REFRESH, Purpose.REFRESH))) == 1
    assert len(list(trace.at(Step.CONNECT, Purpose.INITIALIZE))) == 2
    assert trace.stop is not None
    assert trace.stop.step is Step.CONNECT


def test_an_answer_that_came_without_a_token_too_is_not_tried_again() -> None:
    def edge(send: Send) -> Reply | None:
        agent = dict(send.headers).get("User-Agent")
        return reply(403) if send.url == MCP and agent == "Claude-User" else None

    play = Play((edge, healthy))
    trace = play.run()
    assert play.waits == []
    assert trace.stop is not None
    assert trace.stop.step is Step.CONNECT


def test_without_a_new_refresh_token_the_old_one_is_tried_again() -> None:
    answers = iter(["r1", None])

    def token(send: Send) -> Reply | None:
        if not send.url.endswith("/token"):
            return None
        renewal = next(answers, "end")
        if renewal == "end":
            return reply(400, {"error": "invalid_grant"})
        return reply(200, {"access_token": "a1", "refresh_token": renewal})

    trace = Play((token, healthy)).run()
    assert len(list(trace.at(Step.REFRESH, Purpose.REFRESH))) == 2
    assert trace.stop is not None
    assert trace.stop.step is Step.REFRESH


def step_up_server(send: Send) -> Reply | None:
    if send.url != MCP or b'"tools/call"' not in send.body:
        return None
    if any(value == "Bearer a2" for _, value in send.headers):
        return None
    challenge = 'Bearer error="insufficient_scope", scope="write"'
    return reply(403, headers=(("WWW-Authenticate", challenge),))


@pytest.mark.parametrize(
    ("policy", "scope"),
    [(StepUpScope.CHALLENGED, "write"), (StepUpScope.UNION, "notes write")],
)
def test_a_step_up_asks_for_the_challenged_scope(policy: StepUpScope, scope: str) -> None:
    issued = iter(["a1", "a2"])

    def token(send: Send) -> Reply | None:
        if not send.url.endswith("/token"):
            return None
        return reply(200, {"access_token": next(issued, "a3")})

    play = Play(
        (step_up_server, token, healthy),
        choices=Choices(target=MCP, call_tool="add"),
        profile=replace(PROFILE, step_up_scope=policy),
    )
    trace = play.run()
    assert dict(authorize_query(play))["scope"] == scope
    assert the(trace, Step.STEP_UP, Purpose.CALL_TOOL).status == 200
    assert trace.stop is None


def test_until_ends_before_the_next_step() -> None:
    trace = Play(choices=Choices(target=MCP, until=Step.SERVER_METADATA)).run()
    assert max(one.step.position for one in trace.exchanges) == Step.SERVER_METADATA.position


def test_a_strict_issuer_check_is_a_policy() -> None:
    strict = replace(PROFILE, issuer_check=IssuerCheck.STOP)
    bent: Callable[[], Play] = lambda: Play(  # noqa: E731
        (with_server(issuer="https://other.example"), healthy), profile=strict
    )
    stop = bent().run().stop
    assert stop is not None
    assert stop.step is Step.SERVER_METADATA


def test_a_cross_host_redirect_loses_the_token_and_keeps_the_body() -> None:
    elsewhere = "https://www.example.com/mcp"

    def redirect(send: Send) -> Reply | None:
        if send.url == MCP:
            return reply(308, headers=(("Location", elsewhere),))
        if send.url == elsewhere:
            header = 'Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"'
            return reply(401, headers=(("WWW-Authenticate", header),))
        return None

    trace = Play((redirect, healthy)).run()
    landed = [one for one in trace.exchanges if one.request.url == elsewhere]
    assert landed[0].request.method == "POST"
    assert len(landed[0].request.body) == 158
    assert landed[0].request.header("Host") == "www.example.com"
    assert all(one.request.header("Authorization") is None for one in landed)
    assert trace.stop is not None
    assert trace.stop.step is Step.CONNECT


@pytest.mark.parametrize("status", [301, 302, 303])
def test_older_redirects_turn_a_post_into_a_get(status: int) -> None:
    def redirect(send: Send) -> Reply | None:
        if send.url == MCP:
            return reply(status, headers=(("Location", "/elsewhere"),))
        return None

    trace = Play((redirect, healthy)).run()
    landed = trace.exchanges[1].request
    assert (landed.method, landed.body) == ("GET", b"")
    assert landed.header("Content-Length") is None


def test_a_redirect_loop_ends() -> None:
    loop = reply(307, headers=(("Location", MCP),))
    trace = Play((at("/mcp", loop, method="POST"), healthy)).run()
    assert (
        len(
            [
                one
                for one in trace.at(Step.CHALLENGE, exploration=False)
                if one.voice is Voice.BROKER
            ]
        )
        == 21
    )
    assert trace.stop is not None
    assert trace.stop.step is Step.CHALLENGE


@pytest.mark.parametrize("surface", SURFACES)
def test_every_value_of_a_profile_has_its_source(surface: Surface) -> None:
    own = profile(surface)
    values = set(own.__dataclass_fields__) - {"surface", "as_of", "provenance"}
    assert set(own.provenance) == values


def test_deep_questions_come_last_and_are_exploration() -> None:
    trace = Play(choices=Choices(target=MCP, deep=True)).run()
    asked_for = [one.purpose for one in trace.exchanges if one.exploration]
    assert asked_for[:8] == [
        Purpose.WITHOUT_SESSION,
        Purpose.NEWER_VERSION,
        Purpose.REGISTER_AGAIN,
        Purpose.FRESH_CLIENT,
        Purpose.NO_RESOURCE,
        Purpose.BOGUS_CODE,
        Purpose.BOGUS_REFRESH,
        Purpose.SPENT_REFRESH,
    ]
    assert asked_for[8] is Purpose.USED_CODE
    first = next(one.n for one in trace.exchanges if one.exploration)
    real = [one for one in trace.exchanges if one.n > first and not one.exploration]
    assert real == []
    without = the(trace, Step.SESSION, Purpose.WITHOUT_SESSION).request
    assert without.header("Mcp-Session-Id") is None
    assert without.header("MCP-Protocol-Version") == "2025-11-25"
    newer = the(trace, Step.SESSION, Purpose.NEWER_VERSION).request
    assert newer.header("MCP-Protocol-Version") == "2026-07-28"
    used = dict(form(the(trace, Step.TOKEN, Purpose.USED_CODE)))
    assert used == dict(form(the(trace, Step.TOKEN, Purpose.TOKEN)))
    resource = urlsplit(the(trace, Step.AUTHORIZE, Purpose.NO_RESOURCE).request.url).query
    assert "resource" not in dict(parse_qsl(resource))


def test_a_refused_registration_is_tried_in_other_ways() -> None:
    refusal = reply(400, {"error": "invalid_client_metadata"})
    trace = Play((at("/register", refusal), healthy)).run()
    ways = [(one.purpose, one.exploration) for one in trace.at(Step.REGISTRATION)]
    assert ways == [
        (Purpose.REGISTER, False),
        (Purpose.REGISTER_PUBLIC, True),
        (Purpose.REGISTER_CODE_ONLY, True),
    ]
    assert trace.stop is not None
    assert trace.stop.step is Step.REGISTRATION
