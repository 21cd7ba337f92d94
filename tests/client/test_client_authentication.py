"""How each kind of client proves itself at the token endpoint, on every surface that signs in."""

import base64
from dataclasses import replace
from urllib.parse import parse_qsl, unquote_plus

import pytest
from fake import AUTH, MCP, Handler, Play, Reply, healthy, reply, server_document

from harness.client.choices import Choices
from harness.client.events import Send
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Surface
from harness.profiles import profile

HOSTED, CODE, SPEC = Surface.CLAUDE_AI, Surface.CLAUDE_CODE, Surface.MCP_SPEC
GIVEN = Choices(target=MCP, client_id="mine", client_secret="hush")
POST, BASIC = "client_secret_post", "client_secret_basic"
JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def listing(*methods: str, **members: object) -> Handler:
    """Server metadata with these authentication methods; none leaves the list out."""
    listed = {"token_endpoint_auth_methods_supported": list(methods)} if methods else {}

    def handler(send: Send) -> Reply | None:
        if not send.url.endswith("/.well-known/oauth-authorization-server"):
            return None
        return reply(200, server_document(**listed, **members))

    return handler


def registering(**members: object) -> Handler:
    def handler(send: Send) -> Reply | None:
        answer = {"client_id": "c1", "client_secret": "s1", **members}
        return reply(201, answer) if send.url.endswith("/register") else None

    return handler


def token_requests(trace: Trace) -> list[Exchange]:
    """The code exchange and the refresh of a run that went through."""
    assert trace.stop is None
    found = [one for step in (Step.TOKEN, Step.REFRESH) for one in trace.at(step)]
    return [one for one in found if one.purpose in (Purpose.TOKEN, Purpose.REFRESH)]


def proof(exchange: Exchange) -> tuple[str, str, str]:
    """The method, the client id and the secret that a token request shows."""
    form = dict(parse_qsl(exchange.request.text, keep_blank_values=True))
    header = exchange.request.header("Authorization")
    if header is None:
        secret = form.get("client_secret", "")
        return (POST if "client_secret" in form else "none", form["client_id"], secret)
    assert not form.keys() & {"client_id", "client_secret"}
    pair = base64.b64decode(header.removeprefix("Basic ")).decode().split(":")
    return BASIC, unquote_plus(pair[0]), unquote_plus(pair[1])


@pytest.mark.parametrize(
    ("surface", "listed", "method"),
    [
        (HOSTED, (), POST),
        (HOSTED, (BASIC,), POST),
        (HOSTED, ("none",), POST),
        (CODE, (), BASIC),
        (CODE, (POST, BASIC), POST),
        (CODE, ("private_key_jwt", BASIC, POST), BASIC),
        (CODE, ("none",), "none"),
        (SPEC, (), BASIC),
        (SPEC, (POST,), POST),
        (SPEC, (BASIC, POST), BASIC),
    ],
)
def test_a_given_client_with_a_secret(
    surface: Surface, listed: tuple[str, ...], method: str
) -> None:
    trace = Play((listing(*listed), healthy), choices=GIVEN, profile=profile(surface)).run()
    assert trace.last(Step.REGISTRATION) is None
    secret = "" if method == "none" else "hush"
    assert [proof(one) for one in token_requests(trace)] == [(method, "mine", secret)] * 2


@pytest.mark.parametrize("surface", [HOSTED, CODE, SPEC])
def test_a_given_client_without_a_secret_is_public(surface: Surface) -> None:
    choices = replace(GIVEN, client_secret=None)
    trace = Play((listing(BASIC), healthy), choices=choices, profile=profile(surface)).run()
    assert [proof(one) for one in token_requests(trace)] == [("none", "mine", "")] * 2


@pytest.mark.parametrize("surface", [HOSTED, CODE, SPEC])
def test_a_metadata_document_makes_a_public_client(surface: Surface) -> None:
    offered = listing("none", BASIC, client_id_metadata_document_supported=True)
    own = profile(surface)
    trace = Play((offered, healthy), profile=own).run()
    assert trace.last(Step.REGISTRATION) is None
    assert [proof(one) for one in token_requests(trace)] == [("none", own.cimd_client_id, "")] * 2


@pytest.mark.parametrize(
    ("surface", "listed", "answered", "method"),
    [
        (HOSTED, (), None, POST),
        (HOSTED, (BASIC,), POST, POST),
        (HOSTED, (POST,), BASIC, BASIC),
        (HOSTED, (POST,), "none", "none"),
        (CODE, (), POST, BASIC),
        (CODE, (POST, BASIC), BASIC, POST),
        (CODE, ("none",), POST, "none"),
        (SPEC, (BASIC,), "none", BASIC),
        (SPEC, ("tls_client_auth",), POST, POST),
    ],
)
def test_a_client_that_registered(
    surface: Surface, listed: tuple[str, ...], answered: str | None, method: str
) -> None:
    members = {"token_endpoint_auth_method": answered} if answered else {}
    handlers = (listing(*listed), registering(**members), healthy)
    trace = Play(handlers, profile=profile(surface)).run()
    secret = "" if method == "none" else "s1"
    assert [proof(one) for one in token_requests(trace)] == [(method, "c1", secret)] * 2


@pytest.mark.parametrize("surface", [HOSTED, CODE, SPEC])
def test_a_given_client_with_a_key_signs_each_request(surface: Surface) -> None:
    choices = Choices(target=MCP, client_id="mine", sign=lambda audience: f"for {audience}")
    trace = Play((listing("none"), healthy), choices=choices, profile=profile(surface)).run()
    requests = token_requests(trace)
    assert len(requests) == 2
    for one in requests:
        form = dict(parse_qsl(one.request.text))
        assert one.request.header("Authorization") is None
        assert form["client_assertion_type"] == JWT
        assert (form["client_id"], form["client_assertion"]) == ("mine", f"for {AUTH}")
        assert "client_secret" not in form


def test_a_key_is_remembered_in_a_recording_by_name_only() -> None:
    choices = Choices(target=MCP, client_id="mine", sign=lambda _audience: "signed")
    again = Choices.from_json(MCP, choices.as_json())
    assert again.sign is not None
    assert again.sign(AUTH) != "signed"
    assert Choices.from_json(MCP, GIVEN.as_json()).sign is None


def test_the_management_of_a_registration_is_left_alone() -> None:
    own_place = f"{AUTH}/register/c1"
    managed = registering(
        registration_client_uri=own_place, registration_access_token="rat-of-the-client"
    )
    play = Play((managed, healthy), choices=Choices(target=MCP, deep=True))
    assert play.run().stop is None
    assert own_place not in [send.url for send in play.sends]
    for send in play.sends:
        assert "rat-of-the-client" not in f"{send.url} {send.headers} {send.body!r}"
