from html import escape

import pytest
from plain_client import CALLBACK, CLAUDE, Clock, FormOnPage, PlainClient, answer_in

from reference_server.server import Server
from reference_server.settings import Settings

ISSUER = "https://auth.reference.test"
CLAUDE_CODE = "https://claude.ai/oauth/claude-code-client-metadata"


@pytest.fixture
async def client(client: PlainClient) -> PlainClient:
    await client.register()
    return client


async def test_the_sign_in_page_can_be_used_by_everyone(client: PlainClient) -> None:
    page = await client.authorize()
    form = FormOnPage(page.text)
    assert page.status_code == 200
    assert form.fields["username"] == "ada"
    assert form.fields["password"] == "correct horse"
    assert set(form.ids.values()) == form.labelled
    assert '<html lang="en">' in page.text
    assert "reference server" in page.text


async def test_pages_cannot_be_framed_kept_or_read_by_scripts(client: PlainClient) -> None:
    page = await client.authorize()
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in page.headers


async def test_the_session_cookie_is_for_this_site_alone(client: PlainClient) -> None:
    cookie = (await client.authorize()).headers["set-cookie"].lower()
    for attribute in ("secure", "httponly", "samesite=lax", "path=/"):
        assert attribute in cookie


async def test_approval_answers_with_code_state_and_issuer(client: PlainClient) -> None:
    answer = await client.decide("approve")
    assert answer.keys() == {"code", "state", "iss"}
    assert answer["state"] == "s p/ä"
    assert answer["iss"] == ISSUER


async def test_denial_answers_with_an_error(client: PlainClient) -> None:
    answer = await client.decide("deny")
    assert answer == {"error": "access_denied", "state": "s p/ä", "iss": ISSUER}


async def test_a_state_that_was_not_sent_does_not_come_back(client: PlainClient) -> None:
    assert "state" not in await client.decide(state=None)


async def test_the_consent_page_says_who_wants_what_and_where_it_goes(client: PlainClient) -> None:
    page = await client.submit(await client.authorize(scope="notes:read notes:write"))
    assert FormOnPage(page.text).buttons == [("decision", "approve"), ("decision", "deny")]
    for text in ("Claude", "claude.ai", "notes:read", "notes:write", client.settings.resource):
        assert text in page.text


async def test_a_client_name_is_shown_as_text(client: PlainClient) -> None:
    name = "<script>alert(1)</script>"
    await client.register(client_name=name)
    page = await client.authorize()
    assert name not in page.text
    assert escape(name) in page.text


async def test_consent_is_asked_for_each_time(client: PlainClient) -> None:
    await client.decide()
    page = await client.authorize()
    assert FormOnPage(page.text).buttons == [("decision", "approve"), ("decision", "deny")]


async def test_a_decision_is_taken_once(client: PlainClient) -> None:
    page = await client.submit(await client.authorize())
    assert (await client.submit(page, decision="approve")).status_code == 302
    again = await client.submit(page, decision="approve")
    assert again.status_code == 400
    assert "location" not in again.headers


async def test_no_decision_shows_the_question_again(client: PlainClient) -> None:
    page = await client.submit(await client.authorize())
    again = await client.submit(page)
    assert again.status_code == 200
    assert (await client.submit(again, decision="deny")).status_code == 302


@pytest.mark.parametrize("over", [{"password": "wrong"}, {"username": "bob"}, {"password": "ä"}])
async def test_a_wrong_password_asks_again(over: dict[str, str], client: PlainClient) -> None:
    again = await client.submit(await client.authorize(), **over)
    assert again.status_code == 403
    assert 'role="alert"' in again.text
    assert (await client.submit(again)).status_code == 200


async def test_consent_without_sign_in_is_refused(client: PlainClient, server: Server) -> None:
    ticket = FormOnPage((await client.authorize()).text).fields["request"]
    where = f"{ISSUER}/oauth/consent"
    response = await client.http.post(where, data={"request": ticket, "decision": "approve"})
    assert response.status_code == 400
    assert not server.store.codes


async def test_another_browser_cannot_go_on(client: PlainClient) -> None:
    page = await client.authorize()
    client.http.cookies.clear()
    assert (await client.submit(page)).status_code == 400


async def test_the_session_changes_at_sign_in(client: PlainClient) -> None:
    page = await client.authorize()
    before = client.http.cookies["reference_session"]
    await client.submit(page)
    assert client.http.cookies["reference_session"] != before


async def test_a_sign_in_page_expires(client: PlainClient, clock: Clock) -> None:
    page = await client.authorize()
    clock.now += client.settings.sign_in_ttl
    assert (await client.submit(page)).status_code == 400


@pytest.mark.parametrize(
    "over",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"client_id": "https://client.example/unknown"},
        {"redirect_uri": None},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": "https://evil.example/cb"},
        {"redirect_uri": [CALLBACK, "https://evil.example/cb"]},
    ],
)
async def test_an_unproven_client_or_redirect_uri_never_redirects(
    over: dict[str, object], client: PlainClient
) -> None:
    response = await client.authorize(**over)
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("text/html")
    assert "location" not in response.headers


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "S999"}, "invalid_request"),
        ({"resource": "https://other.example/mcp"}, "invalid_target"),
        ({"scope": "notes:read admin"}, "invalid_scope"),
        ({"scope": ["notes:read", "notes:write"]}, "invalid_request"),
    ],
)
async def test_other_errors_go_back_to_the_client(
    over: dict[str, object], error: str, client: PlainClient
) -> None:
    response = await client.authorize(**over)
    assert response.status_code == 302
    location = response.headers["location"]
    assert location.startswith(CALLBACK + "?")
    answer = answer_in(location)
    assert (answer["error"], answer["state"], answer["iss"]) == (error, "s p/ä", ISSUER)
    assert "code" not in answer


@pytest.mark.parametrize(
    "over",
    [
        {"resource": None},
        {"resource": "HTTPS://MCP.reference.test:443/mcp"},
        {"scope": None},
        {"scope": " notes:read  offline_access"},
        {"prompt": "consent", "x-unknown": "1"},
    ],
)
async def test_what_is_asked_differently_is_accepted(
    over: dict[str, object], client: PlainClient
) -> None:
    assert (await client.authorize(**over)).status_code == 200


async def test_a_query_in_the_redirect_uri_is_kept(client: PlainClient) -> None:
    redirect_uri = "https://claude.ai/cb?x=%2f&y"
    await client.register(redirect_uris=[redirect_uri])
    page = await client.submit(await client.authorize(redirect_uri=redirect_uri))
    answer = await client.submit(page, decision="approve")
    assert answer.headers["location"].startswith(redirect_uri + "&code=")


async def test_claude_is_known_by_its_document(client: PlainClient) -> None:
    page = await client.submit(await client.authorize(client_id=CLAUDE))
    assert "described by <code>claude.ai</code>" in page.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_claude_code_is_known_on_any_port(host: str, client: PlainClient) -> None:
    redirect_uri = f"http://{host}:54321/callback"
    page = await client.submit(
        await client.authorize(client_id=CLAUDE_CODE, redirect_uri=redirect_uri)
    )
    answer = await client.submit(page, decision="approve")
    assert answer.headers["location"].startswith(redirect_uri + "?code=")


async def test_the_authorization_endpoint_takes_no_post(client: PlainClient) -> None:
    response = await client.http.post(f"{ISSUER}/oauth/authorize", data=client.query())
    assert response.status_code == 405


class TestOverHttp:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(resource="http://localhost:1/mcp", issuer="http://localhost:1")

    async def test_the_cookie_comes_back_without_tls(self, client: PlainClient) -> None:
        assert (await client.decide())["iss"] == "http://localhost:1"
