"""A trace is held against the revision it speaks, and what it does not show is not judged."""

import json
from dataclasses import replace

import pytest
from bends import (
    GONE,
    Bend,
    at,
    bend,
    body,
    both,
    challenge,
    header,
    member,
    no_answer,
    noted,
    parameter,
    result,
    status,
)
from cases import (
    ASM,
    BACK,
    DISCOVER,
    ENDPOINT,
    INITIALIZE,
    OPENING,
    PAGE_CALL,
    POINTER,
    PREFLIGHT,
    PRM,
    REFRESH,
    REGISTER,
    ROOT,
    TOKEN,
    TOOLS,
)
from fake import MCP, Play, Reply, mcp_answer, reply
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.client.events import Send
from harness.model.trace import Exchange, Json, Purpose, Step, TokenFacts, Trace
from harness.model.verdict import Evidence
from harness.specification.assess import Assessment, Standing, assess
from harness.specification.catalogue import requirements
from harness.specification.requirement import Level, NotShown, Requirement, Revision


def ids(found: Assessment, *levels: Level) -> set[str]:
    return {
        one.requirement.id
        for one in found.violated
        if not levels or one.requirement.level in levels
    }


@pytest.mark.parametrize("run", ["short", "stateless", "handshake"])
@pytest.mark.parametrize("revision", [None, *Revision])
def test_the_healthy_server_keeps_what_it_must(
    run: str, revision: Revision | None, request: pytest.FixtureRequest
) -> None:
    trace: Trace = request.getfixturevalue(run)
    found = assess(trace, revision)
    other_era = revision is not None and revision is not assess(trace).revision
    assert found.standing(Standing.FAILED) == ()
    assert ids(found, Level.MUST, Level.MUST_NOT) == set()
    if not other_era:
        assert ids(found) == ({"sh-sse-prime"} if run == "handshake" else set())
        assert len(found.standing(Standing.HOLDS)) > 130


def test_the_revision_is_the_one_agreed_on(stateless: Trace, handshake: Trace) -> None:
    assert assess(stateless).revision is Revision.V2026_07_28
    assert assess(handshake).revision is Revision.V2025_11_25
    older = bend(INITIALIZE, result(protocolVersion="2025-06-18"))(handshake)
    assert assess(older).revision is Revision.V2025_06_18
    unheard = bend(INITIALIZE, result(protocolVersion="2031-01-01"))(handshake)
    assert assess(unheard).revision is Revision.V2025_11_25


def test_traffic_without_notes_tells_its_revision_too(stateless: Trace, handshake: Trace) -> None:
    assert assess(replace(stateless, notes=())).revision is Revision.V2026_07_28
    assert assess(replace(handshake, notes=())).revision is Revision.V2025_11_25


def test_a_revision_can_be_given(handshake: Trace) -> None:
    found = assess(handshake, "2025-03-26")
    assert {one.requirement.id for one in found.judged} == {
        one.id for one in requirements() if Revision.V2025_03_26 in one.revisions
    }
    with pytest.raises(ValueError, match="2031"):
        assess(handshake, "2031-01-01")


def test_an_empty_trace_shows_nothing() -> None:
    for target in (ENDPOINT, "", "no url", "http://[::1"):
        found = assess(Trace(target=target, surface="claude-ai"))
        assert {one.standing for one in found.judged} == {Standing.NOT_SHOWN}


def test_a_server_without_authorization_owes_none_of_its_documents() -> None:
    def open_to_all(send: Send) -> Reply | None:
        if send.url != MCP:
            return None
        return mcp_answer(send) if send.method == "POST" else reply(405)

    trace = Play((open_to_all,)).run()
    assert assess(trace).standing(Standing.HOLDS)
    assert ids(assess(trace)) == set()


def test_what_could_not_be_judged_does_not_hold(short: Trace, stateless: Trace) -> None:
    def standings(trace: Trace) -> dict[str, Standing]:
        return {one.requirement.id: one.standing for one in assess(trace).judged}

    assert standings(short)["tok-code-once"] is Standing.NOT_SHOWN
    assert standings(stateless)["tok-code-once"] is Standing.HOLDS
    assert standings(stateless)["c-pkce"] is Standing.NOT_SHOWN
    refused = bend(TOKEN, no_answer())(stateless)
    assert standings(refused)["tok-200-json"] is Standing.HOLDS, "the refresh shows it"
    silent = bend(REFRESH, no_answer())(refused)
    assert standings(silent)["tok-200-json"] is Standing.NOT_SHOWN


def test_a_check_that_raises_is_reported(short: Trace) -> None:
    def raises(_trace: Trace) -> list[Evidence]:
        raise RuntimeError("broken check")

    def shows_nothing(_trace: Trace) -> list[Evidence]:
        raise NotShown

    row = requirements()[0]
    rows = [replace(row, check=one) for one in (raises, shows_nothing)]
    found = assess(short, known=rows)
    assert [one.standing for one in found.judged] == [Standing.FAILED, Standing.NOT_SHOWN]
    assert found.judged[0].error == "RuntimeError: broken check"


def test_the_weightiest_violations_come_first(stateless: Trace) -> None:
    bent = both(
        bend(ASM, member(op_policy_uri=None)),
        bend(TOKEN, member(expires_in=GONE, token_type="x")),
        bend(BACK, parameter(iss=GONE)),
    )(stateless)
    weights = [one.requirement.level.weight for one in assess(bent).violated]
    assert len(weights) > 4
    assert weights == sorted(weights)


def test_evidence_is_bounded_and_quotes_an_exchange(handshake: Trace) -> None:
    tools: list[Json] = [{"name": n} for n in range(5000)]
    listed = at(Step.REFRESH, Purpose.LIST_TOOLS)
    found = assess(bend(listed, result(tools=tools))(handshake))
    shape = next(one for one in found.judged if one.requirement.id == "sh-tools-shape")
    numbers = {one.n for one in handshake.exchanges}
    assert len(shape.evidence) == 20
    assert all(one.exchange in numbers and len(one.quote) <= 200 for one in shape.evidence)


PREFLIGHT_BARE = bend(
    PREFLIGHT,
    status(401),
    header("access-control-allow-origin", None),
    header("access-control-allow-headers", None),
)
NO_CORS = both(PREFLIGHT_BARE, bend(PAGE_CALL, header("access-control-allow-origin", None)))
AUTH_PARAMS = f'resource_metadata="{POINTER}", scope="notes:read"'


def opaque(one: Exchange) -> Exchange:
    return replace(one, token=TokenFacts(kind="opaque", length=32))


LEGAL: dict[str, Bend] = {
    "no root copy": bend(ROOT, status(404), body("")),
    "the scheme in another letter case": bend(OPENING, challenge(f"bearer {AUTH_PARAMS}")),
    "another challenge behind Bearer": bend(
        OPENING, challenge(f'Bearer {AUTH_PARAMS}, Basic realm="notes"')
    ),
    "no scope anywhere": both(
        bend(OPENING, challenge(f'Bearer resource_metadata="{POINTER}"')),
        bend(PRM, member(scopes_supported=GONE)),
    ),
    "a charset in the content type": bend(
        PRM, header("content-type", "Application/JSON; charset=utf-8")
    ),
    "metadata not to be stored": bend(PRM, header("cache-control", "no-store")),
    "unknown members": both(bend(PRM, member(x_a=1)), bend(ASM, member(x_b={"c": []}))),
    "several authorization servers": bend(
        PRM,
        member(authorization_servers=["https://auth.reference.test", "https://b.test/t/"]),
    ),
    "no revocation, no scopes": bend(
        ASM, member(revocation_endpoint=GONE, scopes_supported=GONE, jwks_uri=GONE)
    ),
    "optional lists left out": bend(
        ASM, member(response_modes_supported=GONE, grant_types_supported=GONE)
    ),
    "an OpenID document": bend(
        ASM,
        lambda one: replace(one, purpose=Purpose.OIDC),
        member(subject_types_supported=["public"], id_token_signing_alg_values_supported=["x"]),
    ),
    "bearer in small letters": bend(TOKEN, member(token_type="bearer")),
    "an opaque token": both(bend(TOKEN, opaque), bend(REFRESH, opaque)),
    "several audiences": both(
        *(
            bend(
                pick,
                lambda one: replace(
                    one,
                    token=one.token
                    and replace(one.token, claims={**one.token.claims, "aud": ["x", ENDPOINT]}),
                ),
            )
            for pick in (TOKEN, REFRESH)
        )
    ),
    "the scope left out where it is the one asked for": bend(TOKEN, member(scope=GONE)),
    "no CORS at all": NO_CORS,
    "HEAD not allowed": bend(at(Step.CHALLENGE, Purpose.HEAD), status(405)),
    "the other spelling unknown": bend(at(Step.CHALLENGE, Purpose.OTHER_SLASH), status(404)),
    "a client that was given": noted(Step.REGISTRATION, way="given"),
    "a redirect by 307 that stays on the server": bend(
        lambda one: one.step is Step.LOGIN and one.status == 303, status(307)
    ),
    "a refusal for too many requests": bend(
        at(Step.TOKEN, Purpose.BOGUS_CODE), status(429), body("")
    ),
    "invalid_client with 401": bend(
        at(Step.TOKEN, Purpose.BOGUS_CODE), status(401), member(error="invalid_client")
    ),
    "no tools and no such capability": both(
        bend(DISCOVER, result(capabilities={})),
        bend(at(Step.SESSION, Purpose.LIST_TOOLS), result(tools=[])),
        bend(at(Step.REFRESH, Purpose.LIST_TOOLS), result(tools=[])),
    ),
    "a registration that is limited": bend(REGISTER, status(429)),
}
LEGAL_HANDSHAKE: dict[str, Bend] = {
    "no stream": bend(at(Step.SESSION, Purpose.STREAM), status(405)),
    "a session not needed": bend(at(Step.SESSION, Purpose.WITHOUT_SESSION), status(200)),
    "a session that cannot be ended": bend(
        at(Step.SESSION, Purpose.END_SESSION), status(405), challenge(None)
    ),
    "a comment in a stream": bend(
        TOOLS,
        lambda one: body(b": keep-alive\n\n" + (one.response.body if one.response else b""))(one),
    ),
    "no iss, and none promised": both(
        bend(BACK, parameter(iss=GONE)),
        bend(ASM, member(authorization_response_iss_parameter_supported=GONE)),
    ),
    "another client authentication than asked for": bend(
        REGISTER, member(token_endpoint_auth_method="client_secret_basic")
    ),
    "a public client": bend(
        REGISTER,
        member(
            token_endpoint_auth_method="none", client_secret=GONE, client_secret_expires_at=GONE
        ),
    ),
    "an older version": bend(INITIALIZE, result(protocolVersion="2025-06-18")),
}


@pytest.mark.parametrize("name", LEGAL)
def test_what_is_legal_is_not_minded(name: str, stateless: Trace) -> None:
    assert ids(assess(LEGAL[name](stateless), "2026-07-28")) == set()


@pytest.mark.parametrize("name", LEGAL_HANDSHAKE)
def test_what_the_handshake_allows_is_not_minded(name: str, handshake: Trace) -> None:
    found = ids(assess(LEGAL_HANDSHAKE[name](handshake), "2025-11-25"))
    assert found <= {"sh-sse-prime"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        *("resource", "authorization_servers", "scopes_supported", "issuer", "token_endpoint"),
        *("grant_types_supported", "client_id", "redirect_uris", "client_secret", "jwks_uri"),
        *("access_token", "token_type", "expires_in", "scope", "refresh_token", "error"),
        *("jsonrpc", "id", "result", "tools", "capabilities", "supportedVersions", "_meta"),
    ]
)
DOCUMENTS = st.dictionaries(NAMES | st.text(max_size=8), JSON, max_size=6)
BODIES = st.one_of(
    st.binary(max_size=80),
    JSON.map(lambda value: json.dumps(value).encode()),
    DOCUMENTS.map(lambda value: json.dumps(value).encode()),
    DOCUMENTS.map(
        lambda value: b"id: 1\ndata: " + json.dumps({"result": value}).encode() + b"\n\n"
    ),
    DOCUMENTS.map(lambda value: json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode()),
)
HEADERS = st.sampled_from(
    [
        *("content-type", "www-authenticate", "location", "cache-control", "vary"),
        *("access-control-allow-origin", "mcp-session-id", "content-security-policy", "date"),
    ]
)
VALUES = st.text(max_size=40) | st.sampled_from(
    ["text/event-stream", "text/html", "Bearer", "https://[::1", 'Bearer error="x', "max-age=9"]
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_check_is_upset_by_what_a_target_sends(
    data: st.DataObject, stateless: Trace, handshake: Trace
) -> None:
    trace = data.draw(st.sampled_from([stateless, handshake]))
    for index in data.draw(st.lists(st.integers(0, len(trace.exchanges) - 1), max_size=6)):
        one = trace.exchanges[index]
        changed = body(data.draw(BODIES))(one)
        changed = status(data.draw(st.sampled_from([200, 201, 202, 204, 302, 400, 401, 500])))(
            changed
        )
        for _ in range(data.draw(st.integers(0, 3))):
            changed = header(data.draw(HEADERS), data.draw(VALUES))(changed)
        if data.draw(st.booleans()):
            text = data.draw(st.text(max_size=40))
            changed = replace(
                changed,
                request=replace(changed.request, url=f"{changed.request.url}{text}", body=b"{"),
            )
        exchanges = (*trace.exchanges[:index], changed, *trace.exchanges[index + 1 :])
        trace = replace(trace, exchanges=exchanges)
    trace = replace(trace, target=data.draw(st.sampled_from([trace.target, "", "https://[", "x"])))
    for revision in (None, "2025-03-26", "2025-06-18"):
        found = assess(trace, revision)
        assert [(one.requirement.id, one.error) for one in found.standing(Standing.FAILED)] == []


def test_a_row_says_where_to_read_on() -> None:
    row: Requirement = next(one for one in requirements() if one.id == "prm-200")
    assert row.cited == "RFC 9728, 3.2"
    assert next(one for one in requirements() if one.id == "net-ipv4").section == ""
