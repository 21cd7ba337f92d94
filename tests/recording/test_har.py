"""Reading HAR: what is wrong is left out and counted, or refused in one sentence."""

import base64
import json
import zlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.model.captured import CaptureError, LeftOut
from harness.model.trace import FailureKind
from harness.recording.har import read_har

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([0, -1, 200, 10**400, "base64", "https://h/", "POST", "\ud800", []])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
NAMES = """
    request response url method headers postData text params mimeType status content encoding size
    startedDateTime time timings wait _error _resourceType _harness httpVersion name value n step
    purpose voice target surface exchanges notes
"""
names = st.sampled_from(NAMES.split())
shaped = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=8),
    max_leaves=20,
)


def har(*entries: object, **more: object) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": entries, **more}}).encode()


def entry(url: str = "https://h/mcp", status: int = 200, **response: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-11-24T10:00:00.250Z",
        "time": 12.5,
        "request": {"method": "POST", "url": url, "httpVersion": "h2", "headers": []},
        "response": {"status": status, "headers": [], "content": {"text": ""}, **response},
        "timings": {"dns": -1, "wait": 10},
    }


@given(st.binary() | anything.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"log":{"entries":[')
@example(b"\x1f\x8b")
@example(b"\xff\xfe{")
@example(b'{"log":{"entries":' + b"9" * 5000 + b"}}")
def test_what_is_no_har_is_refused_and_nothing_else_happens(data: bytes) -> None:
    try:
        capture = read_har(data)
    except CaptureError:
        return
    assert json.loads(data)["log"]["entries"] == [] or capture.entries or capture.left_out


@given(st.lists(shaped, max_size=4), shaped)
def test_wrong_types_in_any_member_cost_their_entry_at_most(
    entries: list[object], head: object
) -> None:
    good = entry(content={"text": "good"})
    capture = read_har(har(*entries, good, _harness=head))
    assert len(capture.entries) + sum(capture.left_out.values()) == len(entries) + 1
    assert b"good" in [one.response.body for one in capture.entries if one.response]


def test_an_entry_of_a_browser_is_read_as_it_was_on_the_wire() -> None:
    one = entry(
        headers=[
            {"name": ":status", "value": "200"},
            {"name": "Content-Encoding", "value": "gzip"},
        ],
        content={"text": "{}", "size": 2, "mimeType": "application/json"},
        bodySize=22,
        httpVersion="http/2.0",
    )
    one["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "a", "value": "1 ä"}],
    }
    (found,) = read_har(har(one)).entries
    assert found.request.body == b"a=1+%C3%A4"
    assert found.request.http_version == "HTTP/2"
    assert found.response is not None
    assert found.response.headers == (
        ("Content-Encoding", "gzip"),
        ("Content-Type", "application/json"),
    )
    assert (found.response.body, found.response.wire_size) == (b"{}", 22)
    assert (found.timing.dns, found.timing.wait, found.timing.total) == (None, 10.0, 12.5)
    assert found.started == 1795514400.25
    assert found.connection is None


def test_bodies_come_in_base64_and_in_bytes_that_are_no_text() -> None:
    coded = entry(content={"text": base64.b64encode(b"\xff\0").decode(), "encoding": "base64"})
    broken = entry(content={"text": "A", "encoding": "base64"})
    raw = har(entry(content={"text": "RAW"})).replace(b"RAW", b"\xff\xfe!")
    bodies = [one.response.body for one in read_har(har(coded, broken)).entries if one.response]
    assert bodies == [b"\xff\0", b""]
    (found,) = read_har(raw).entries
    assert found.response is not None
    assert found.response.body == b"\xff\xfe!"


def test_a_body_that_the_file_lacks_is_not_taken_for_an_empty_one() -> None:
    missing = entry(content={"size": 900, "mimeType": "application/json"})
    empty = entry(content={"size": 0, "mimeType": ""})
    unchanged = entry(status=304)
    unseen = [one.unseen for one in read_har(har(missing, empty, unchanged)).entries]
    assert unseen == [True, False, True]


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (entry(status=101), LeftOut.WEBSOCKET),
        (entry("wss://h/"), LeftOut.WEBSOCKET),
        (entry() | {"_resourceType": "websocket"}, LeftOut.WEBSOCKET),
        (entry("data:text/plain,x"), LeftOut.NOT_HTTP),
        (entry(status=0, _error="net::ERR_ABORTED"), LeftOut.CANCELLED),
        (entry() | {"request": None}, LeftOut.MALFORMED),
        ("text", LeftOut.MALFORMED),
    ],
)
def test_what_cannot_be_judged_is_counted(one: object, why: LeftOut) -> None:
    capture = read_har(har(one))
    assert capture.entries == ()
    assert capture.left_out == {why: 1}


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("net::ERR_NAME_NOT_RESOLVED", FailureKind.DNS),
        ("net::ERR_CERT_DATE_INVALID", FailureKind.TLS_CERTIFICATE),
        ("net::ERR_CONNECTION_REFUSED", FailureKind.REFUSED),
        ("server closed connection", FailureKind.RESET),
        ("no words anybody knows", FailureKind.OTHER),
        (None, FailureKind.OTHER),
    ],
)
def test_a_status_of_0_is_a_failure(words: str | None, kind: FailureKind) -> None:
    (found,) = read_har(har(entry(status=0, _error=words))).entries
    assert found.response is None
    assert found.failure is not None
    assert found.failure.kind is kind


def test_entries_are_put_in_the_order_of_their_requests() -> None:
    late, early = entry("https://h/late"), entry("https://h/early")
    early["startedDateTime"] = "2026-11-24T09:00:00+00:00"
    urls = [one.request.url for one in read_har(har(late, early)).entries]
    assert urls == ["https://h/early", "https://h/late"]


@pytest.mark.parametrize("packed", [zlib.compress, lambda data: b"\xef\xbb\xbf" + data])
def test_a_compressed_har_and_one_with_a_mark_are_read(packed: Any) -> None:
    assert len(read_har(packed(har(entry()))).entries) == 1


def test_a_compressed_har_grows_no_further_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.recording.har.INFLATED_LIMIT", 10_000)
    with pytest.raises(CaptureError, match="once decompressed"):
        read_har(zlib.compress(b"{" + b" " * 100_000))


def test_more_entries_than_are_read_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.recording.har.MOST_ENTRIES", 2)
    capture = read_har(har(entry(), entry(), entry()))
    assert (len(capture.entries), capture.left_out) == (2, {LeftOut.TOO_MANY: 1})


def test_a_cut_file_is_named_as_such() -> None:
    with pytest.raises(CaptureError, match=r"broken or cut off .*line 1"):
        read_har(har(entry())[:-40])
