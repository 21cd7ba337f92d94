"""Two runs side by side: what differs is named, what is random by nature is not."""

import json

from hypothesis import given
from hypothesis import strategies as st

from harness.diagnosis.diagnose import diagnose
from harness.model.trace import Exchange, Headers, Purpose, Request, Step, Trace, Voice
from harness.recording.members import Difference
from harness.report.beside import beside_report, differences, pairs
from harness.report.beside_json import beside_json
from harness.report.json import json_report

URL = "https://mcp.example.com/mcp"


def post(
    body: object, headers: Headers = (("Content-Type", "application/json"),), url: str = URL
) -> Request:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(method="POST", url=url, headers=headers, body=data)


def form(text: str) -> Request:
    kind = (("Content-Type", "application/x-www-form-urlencoded"),)
    return post(text.encode(), kind)


def trace(*requests: Request, version: str | None = None) -> Trace:
    exchanges = tuple(
        Exchange(n=n, step=Step.TOKEN, purpose=Purpose.TOKEN, voice=Voice.BROKER, request=request)
        for n, request in enumerate(requests, 1)
    )
    choices = {"witness": version} if version else {}
    return Trace(target=URL, surface="claude-code", exchanges=exchanges, choices=choices)


bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(bodies, st.lists(st.tuples(st.sampled_from(["Accept", "X-A", "x-a"]), st.text())))
def test_a_request_does_not_differ_from_itself(body: object, headers: Headers) -> None:
    request = post(body, tuple(headers))
    assert list(differences(request, request)) == []


@given(bodies, bodies)
def test_two_bodies_differ_both_ways_in_the_same_places(one: object, other: object) -> None:
    there = {each.place for each in differences(post(one), post(other))}
    back = {each.place for each in differences(post(other), post(one))}
    assert there == back


def test_what_is_random_is_compared_by_kind() -> None:
    one = form("code=<code:1 43>&code_verifier=<verifier:1 43>&client_id=abc&state=aaaa")
    other = form("code=<code:2 20>&code_verifier=<verifier:9 43>&client_id=xyz&state=bbbb")
    assert list(differences(one, other)) == []
    shorter = form("code=<code:1 43>&code_verifier=<verifier:1 20>&client_id=abc&state=aaaa")
    assert [each.place for each in differences(one, shorter)] == ["body.code_verifier"]


def test_the_port_of_a_loopback_address_does_not_count() -> None:
    one, other = (post({"redirect_uris": [f"http://localhost:{n}/callback"]}) for n in (1, 22222))
    assert list(differences(one, other)) == []


def test_a_published_client_id_counts() -> None:
    one, other = form("client_id=https://claude.ai/a"), form("client_id=https://claude.ai/b")
    assert [each.place for each in differences(one, other)] == ["body.client_id"]


def test_headers_are_compared_without_their_spelling() -> None:
    one = post({}, (("MCP-Protocol-Version", "1"), ("Host", "a"), ("Content-Length", "2")))
    other = post({}, (("mcp-protocol-version", "2"), ("X-More", "y")))
    assert list(differences(one, other)) == [
        Difference("header.mcp-protocol-version", "1", "2"),
        Difference("header.x-more", None, "y"),
    ]


def test_the_order_of_members_is_told_per_object() -> None:
    one, other = post({"a": {"b": 1, "c": 2}, "d": 3}), post({"d": 3, "a": {"c": 2, "b": 1}})
    assert list(differences(one, other)) == [
        Difference("body order", "a, d", "d, a", order=True),
        Difference("body.a order", "b, c", "c, b", order=True),
    ]


def test_what_only_one_asked_has_no_differences() -> None:
    (pair,) = pairs(trace(), trace(form("a=1"), form("a=2")))
    assert (pair.one, len(pair.other), pair.differences) == ((), 2, ())


def test_the_report_fits_and_shows_what_a_target_sent_as_text() -> None:
    left, right = trace(form("a=1")), trace(form("a=%1b[31m" + "x" * 300), version="2.1 (Claude)")
    told = beside_report((left, diagnose(left)), (right, diagnose(right)))
    assert max(map(len, told.splitlines())) <= 80
    assert "\x1b" not in told
    assert "Claude Code 2.1" in told
    assert "body.a" in told


def test_the_report_for_programs_has_what_differs() -> None:
    kind = (("Content-Type", "application/json"),)
    one = post({"a": {"b": 1, "c": 2}, "order": 3}, kind)
    other = post({"a": {"c": 2, "b": 1}, "order": 4}, (*kind, ("X-More", "y")), URL + "/")
    left, right = trace(one), trace(other, other, version="2.1 (Claude)")
    runs = [(each, diagnose(each)) for each in (left, right)]
    report = json.loads(json_report(runs, beside_json(*runs)))
    assert report["schema"] == "harness.run/1"
    told = report["witness"]
    assert set(told) == {"version", "stopped", "recording", "requests", "differences"}
    assert told["version"] == "2.1 (Claude)"
    assert set(told["stopped"]["real"]) == {"verdict", "step", "text"}
    asked = {"step": "token", "purpose": "token", "voice": "broker"}
    assert told["requests"] == [{**asked, "simulated": [1], "real": [1, 2]}]
    names = ("part", "name", "order", "simulated", "real")
    assert told["differences"] == [
        {**asked, **dict(zip(names, values, strict=True))}
        for values in (
            ("url", None, False, URL, URL + "/"),
            ("header", "x-more", False, None, "y"),
            ("body", "order", False, "3", "4"),
            ("body", "a", True, "b, c", "c, b"),
        )
    ]
