"""Two runs on the wire: what is random is aligned, what is left stands in its place."""

import json
from dataclasses import replace

from answers import JSON, URL, exchange, trace
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.trace import (
    Exchange,
    Failure,
    FailureKind,
    Headers,
    Purpose,
    Step,
    TokenFacts,
    Trace,
)
from harness.recording.compare import Change, Comparison, compare
from harness.recording.weight import Weight


def two(one: Exchange, other: Exchange) -> Comparison:
    return compare(trace(one), trace(other))


def told(found: Comparison) -> list[tuple[Weight, str, str | None, str | None]]:
    return [(each.weight, each.place, each.one, each.other) for each in found.changes]


def test_a_member_is_named_by_its_path() -> None:
    found = two(exchange({"a": {"b": 1, "c": "x"}}), exchange({"a": {"b": "1"}}))
    assert told(found) == [
        (Weight.MEMBER, "response.body.a.b", "1", '"1"'),
        (Weight.MEMBER, "response.body.a.c", '"x"', None),
    ]
    assert found.differs


def test_scopes_are_a_set_and_authorization_servers_are_a_list() -> None:
    one = exchange({"scopes_supported": ["a", "b"], "authorization_servers": ["x", "y"]})
    other = exchange({"scopes_supported": ["c", "b", "a"], "authorization_servers": ["y", "x"]})
    assert [each.place for each in two(one, other).changes] == [
        "response.body.scopes_supported[c]",
        "response.body.authorization_servers[0]",
        "response.body.authorization_servers[1]",
    ]


def test_tools_are_aligned_by_their_names() -> None:
    one = exchange({"tools": [{"name": "a", "x": 1}, {"name": "b"}]})
    other = exchange({"tools": [{"name": "b"}, {"name": "a", "x": 2}]})
    assert told(two(one, other)) == [(Weight.MEMBER, "response.body.tools[a].x", "1", "2")]


def test_an_event_stream_says_the_same_as_json() -> None:
    message = {"jsonrpc": "2.0", "id": 1, "result": {"a": 1}}
    stream = b"event: message\ndata: " + json.dumps(message).encode() + b"\n\n"
    found = two(exchange(message), exchange(stream, (("content-type", "text/event-stream"),)))
    assert [each.place for each in found.changes] == ["response.header.content-type"]


def test_a_challenge_is_compared_by_its_parameters() -> None:
    def asks(text: str) -> Exchange:
        return exchange(b"", (("WWW-Authenticate", text),), status=401, step=Step.CHALLENGE)

    one = asks('Bearer resource_metadata="https://a.example/x", scope="a b"')
    other = asks('Bearer scope="b a c", resource_metadata="https://a.example/y"')
    place = "response.header.www-authenticate.Bearer"
    assert told(two(one, other)) == [
        (
            Weight.HEADER,
            f"{place}.resource_metadata",
            '"https://a.example/x"',
            '"https://a.example/y"',
        ),
        (Weight.HEADER, f"{place}.scope[c]", None, '"c"'),
    ]


VOLATILE: tuple[tuple[Headers, object], ...] = (
    ((("Date", "Tue"), ("CF-Ray", "1"), ("X-Request-Id", "a")), {}),
    ((("Mcp-Session-Id", "<session:1 30>"),), {}),
    ((("Set-Cookie", "s=<cookie:1 20>; Path=/; Secure"),), {}),
    ((("Location", "https://x.example/cb?state=aaaa&code=<code:1 43>"),), {}),
    (JSON, {"access_token": "<access_token:1 jwt 500>", "iat": 5, "client_id": "abc"}),
    (JSON, {"client_id_issued_at": 1, "jti": "a", "expires_in": 3600}),
    (JSON, {"error": {"message": "failed at 2026-11-24T10:00:00Z"}, "id": 1}),
    (JSON, {"trace": "0f8fad5b-d9cb-469f-a165-70867728950e"}),
    (JSON, {"redirect_uris": ["http://localhost:5001/callback"]}),
)
OTHERS: tuple[tuple[Headers, object], ...] = (
    ((("Date", "Wed"), ("CF-Ray", "2"), ("X-Request-Id", "b")), {}),
    ((("Mcp-Session-Id", "<session:9 12>"),), {}),
    ((("Set-Cookie", "s=<cookie:4 9>; secure; path=/"),), {}),
    ((("Location", "https://x.example/cb?state=bbbb&code=<code:7 20>"),), {}),
    (JSON, {"access_token": "<access_token:3 jwt 501>", "iat": 9, "client_id": "xyz"}),
    (JSON, {"client_id_issued_at": 2, "jti": "b", "expires_in": 3599}),
    (JSON, {"error": {"message": "failed at 2026-11-24T10:00:07Z"}, "id": 2}),
    (JSON, {"trace": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}),
    (JSON, {"redirect_uris": ["http://localhost:6002/callback"]}),
)


def test_what_each_run_has_anew_is_volatile() -> None:
    for (headers, body), (more, others) in zip(VOLATILE, OTHERS, strict=True):
        found = two(exchange(body, headers), exchange(others, more))
        assert found.changes, headers
        assert {each.weight for each in found.changes} == {Weight.VOLATILE}, told(found)
        assert not found.differs


def test_what_looks_volatile_but_says_something_counts() -> None:
    pairs = (
        ({"client_secret_expires_at": 0}, {"client_secret_expires_at": 1795552993}),
        ({"access_token": "<access_token:1 jwt 500>"}, {"access_token": "<access_token:1 43>"}),
        ({"expires_in": 3600}, {"expires_in": 60}),
        ({"error": {"code": -32601}}, {"error": {"code": -32600}}),
        ({"protocolVersion": "2025-06-18"}, {"protocolVersion": "2025-11-25"}),
        ({"client_id": "https://claude.ai/a"}, {"client_id": "https://claude.ai/b"}),
    )
    for one, other in pairs:
        assert two(exchange(one), exchange(other)).differs, one
    session = (*JSON, ("Mcp-Session-Id", "<session:1 30>"))
    assert two(exchange({}, session), exchange({})).differs


def test_two_deployments_are_read_as_one() -> None:
    def deployed(host: str, issuer: str, pointer: str) -> Trace:
        return trace(
            exchange(
                {"resource": f"https://{host}/mcp", "pointer": pointer}, url=f"https://{host}/x"
            ),
            exchange(
                {"issuer": issuer, "token_endpoint": f"{issuer}/token"},
                n=2,
                step=Step.SERVER_METADATA,
                purpose=Purpose.RFC8414,
                url=f"{issuer}/.well-known/oauth-authorization-server",
            ),
            target=f"https://{host}/mcp",
        )

    staging = "https://staging.example.com"
    one = deployed("staging.example.com", "https://login-staging.example.com", staging)
    other = deployed("www.example.com", "https://login.example.com", staging)
    found = compare(one, other)
    assert [each.role for each in found.origins] == ["server", "authorization server"]
    matters = [each for each in found.changes if each.weight.matters]
    # The production server names the staging host: word for word the same, and wrong.
    assert [each.place for each in matters] == ["response.body.pointer"]
    assert compare(one, one).origins == ()


def test_the_address_of_a_longer_host_or_another_port_is_not_the_servers_own() -> None:
    def names(host: str, other: str) -> Trace:
        return trace(exchange({"a": other}, url=f"https://{host}/x"), target=f"https://{host}/mcp")

    one, other = (
        names("a.example", "https://a.example:8/x"),
        names("b.example", "https://b.example/x"),
    )
    assert compare(one, other).differs
    one, other = (
        names("a.example", "https://a.example.org"),
        names("b.example", "https://b.example.org"),
    )
    assert compare(one, other).differs


def test_one_more_try_is_told_as_alone() -> None:
    one = trace(exchange({}, n=1), exchange({}, n=2))
    found = compare(one, trace(exchange({}, n=1)))
    assert [each.n for each in found.only_one] == [2]
    assert found.differs
    beside = found.counterpart(2)
    assert beside is not None
    assert beside.n == 1


def test_a_status_comes_first_and_the_earlier_exchange_before_the_later() -> None:
    def run(status: int, late: int, server: str) -> Trace:
        first = exchange({"a": status}, (*JSON, ("Server", server)), n=1, status=status)
        last = exchange({}, n=2, status=late, step=Step.TOKEN, purpose=Purpose.TOKEN)
        return trace(first, last)

    found = compare(run(200, 200, "x"), run(404, 400, "y"))
    assert [each.place for each in found.changes] == [
        "response.status",
        "response.body",
        "response.status",
        "response.header.server",
    ]


def test_no_answer_is_an_answer() -> None:
    dead = replace(exchange(), response=None, failure=Failure(FailureKind.RESET, "cut"))
    assert told(two(exchange(), dead)) == [(Weight.ANSWER, "failure", None, "reset: cut")]
    later = replace(dead, failure=Failure(FailureKind.RESET, "cut after 3 s"))
    assert two(dead, later).changes == ()


def test_only_a_great_difference_in_time_is_told_and_does_not_matter() -> None:
    assert two(exchange(ms=10), exchange(ms=500)).changes == ()
    assert two(exchange(ms=600), exchange(ms=1200)).changes == ()
    found = two(exchange(ms=100), exchange(ms=700))
    assert told(found) == [(Weight.REST, "timing.total", "100 ms", "700 ms")]
    assert not found.differs


def test_the_claims_of_a_token_count_and_its_times_do_not() -> None:
    def issued(aud: str, at: int) -> Exchange:
        facts = TokenFacts(kind="jwt", length=9, claims={"aud": aud, "iat": at})
        return replace(exchange({}), token=facts)

    found = two(issued("a", 1), issued("b", 2))
    assert told(found)[0] == (Weight.MEMBER, "token.claims.aud", '"a"', '"b"')
    assert not two(issued("a", 1), issued("a", 2)).differs


def test_a_huge_value_is_kept_where_it_begins_to_differ() -> None:
    start = "x" * 500_000
    (found,) = two(exchange({"a": start + "1"}), exchange({"a": start + "2"})).changes
    assert found.one is not None
    assert found.other is not None
    assert len(found.one) < 500
    assert (found.one[-2], found.other[-2]) == ("1", "2")


def test_a_bottomless_document_is_compared_as_text() -> None:
    def deep(end: str) -> Exchange:
        return exchange(b"[" * 5000 + end.encode() + b"]" * 5000)

    assert two(deep("1"), deep("1")).changes == ()
    assert [each.place for each in two(deep("1"), deep("2")).changes] == ["response.body"]


texts = st.text(max_size=12) | st.sampled_from([f"{URL}/x", "<code:1 4>", "<code:2 4>", "eyJa.b.c"])
names = st.sampled_from(["scope", "id", "iat", "name", "keys_supported", "x.y"])
kinds = st.sampled_from(["application/json", "application/x-www-form-urlencoded"])
urls = st.sampled_from([URL, "https://[bad/?a=%ff", "https://x.example/?a=b&state=c"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner),
    max_leaves=8,
)
header_names = st.sampled_from(
    ["WWW-Authenticate", "Content-Type", "Location", "Set-Cookie", "Date", "Mcp-Session-Id", "X-A"]
)
headers = st.lists(st.tuples(header_names, texts), max_size=4).map(tuple)
bodies = st.binary(max_size=20) | values.map(lambda value: json.dumps(value).encode())


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    target = draw(st.sampled_from([URL, "https://staging.example.com/mcp", "nonsense"]))
    exchanges = []
    for n in range(1, draw(st.integers(0, 4)) + 1):
        one = exchange(
            draw(bodies),
            draw(headers),
            n=n,
            status=draw(st.sampled_from([200, 201, 302, 401])),
            step=draw(st.sampled_from([Step.SERVER_METADATA, Step.TOKEN, Step.LOGIN])),
            purpose=draw(st.sampled_from([Purpose.RFC8414, Purpose.TOKEN])),
            url=draw(urls),
        )
        sent = (("Content-Type", draw(kinds)), *draw(headers))
        request = replace(one.request, body=draw(bodies), headers=sent)
        exchanges.append(replace(one, request=request))
    return trace(*exchanges, target=target)


@given(traces())
@settings(max_examples=200)
def test_a_run_does_not_differ_from_itself(one: Trace) -> None:
    found = compare(one, one)
    assert (found.changes, found.only_one, found.only_other, found.setup) == ((), (), (), ())
    assert not found.differs


def turned(change: Change) -> Change:
    first, second = change.exchanges
    return replace(change, exchanges=(second, first), one=change.other, other=change.one)


@given(traces(), traces())
@settings(max_examples=300)
def test_the_other_way_round_everything_is_mirrored(one: Trace, other: Trace) -> None:
    there, back = compare(one, other), compare(other, one)
    assert {turned(each) for each in there.changes} == set(back.changes)
    order = [(each.exchanges, each.weight) for each in map(turned, there.changes)]
    assert order == [(each.exchanges, each.weight) for each in back.changes]
    assert (there.only_one, there.only_other) == (back.only_other, back.only_one)
    assert there.differs == back.differs
