"""A capture becomes a trace that says what it is about, how sure that is, and what it lacks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from foreign_formats import HEALTHY, plain_har
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.diagnosis.diagnose import diagnose
from harness.model.captured import Capture, CaptureError
from harness.model.imported import Certainty
from harness.model.trace import Step, Trace
from harness.model.verdict import Surface, Verdict
from harness.recording.file import RecordingError
from harness.recording.har import read_har
from harness.report.json import json_report
from harness.report.text import text_report
from harness.run.export import export
from harness.run.files import read_trace
from harness.run.imported import imported

TARGET = "https://mcp.example.com/mcp"
CALL = '{"jsonrpc":"2.0","id":1,"method":"initialize"}'
REFUSED = {
    "name": "WWW-Authenticate",
    "value": 'Bearer resource_metadata="https://mcp.example.com/meta"',
}


def entry(method: str, url: str, status: int = 200, body: str = "", **more: Any) -> dict[str, Any]:
    agent = more.pop("agent", "")
    return {
        "startedDateTime": "2026-11-24T10:00:00Z",
        "time": 1,
        "request": {
            "method": method,
            "url": url,
            "headers": [{"name": "User-Agent", "value": agent}],
            "postData": {"mimeType": "", "text": body},
        },
        "response": {
            "status": status,
            "headers": more.pop("headers", []),
            "content": {"text": more.pop("answer", ""), "mimeType": more.pop("media", "")},
        },
        **more,
    }


def capture(*entries: object) -> Capture:
    return read_har(json.dumps({"log": {"entries": entries}}).encode())


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (entry("POST", TARGET, 401, CALL), "by its MCP calls"),
        (entry("GET", TARGET, 401, headers=[REFUSED]), "by its 401 that names metadata"),
        (
            entry(
                "GET",
                "https://mcp.example.com/.well-known/oauth-protected-resource/mcp",
                answer=f'{{"resource":"{TARGET}","authorization_servers":[]}}',
            ),
            "by the resource in its metadata",
        ),
        (
            entry("GET", f"https://a/authorize?client_id=x&response_type=code&resource={TARGET}"),
            "by the resource a token is asked for",
        ),
    ],
)
def test_the_target_is_found_by_content_and_the_reason_is_said(
    one: dict[str, Any], why: str
) -> None:
    trace = imported(capture(entry("GET", "https://www.example.com/logo.png"), one))
    assert trace.target == TARGET
    assert trace.imported is not None
    assert trace.imported.target == why
    assert f"{TARGET}, {why}" in " ".join(text_report(trace, diagnose(trace)).split())


def test_a_target_that_nothing_shows_has_to_be_named() -> None:
    unrelated = capture(entry("GET", "https://www.example.com/"))
    with pytest.raises(CaptureError, match="--target URL"):
        imported(unrelated)
    with pytest.raises(CaptureError, match="none of its exchanges belongs to"):
        imported(unrelated, target=TARGET)


def test_the_endpoint_with_most_calls_is_taken_and_the_other_is_said() -> None:
    other = entry("POST", "https://other.example.com/mcp", 200, CALL)
    call = entry("POST", TARGET, 401, CALL)
    trace = imported(capture(other, call, call))
    assert trace.target == TARGET
    assert trace.imported is not None
    assert trace.imported.target.startswith("by 2 of 3 MCP calls")
    assert trace.imported.left_out == {"of other hosts, pages or files": 1}


@pytest.mark.parametrize(
    ("agent", "surface"),
    [
        ("Claude-User", Surface.CLAUDE_AI),
        ("python-httpx/0.28.1", Surface.CLAUDE_AI),
        ("claude-code/2.1.0 (cli)", Surface.CLAUDE_CODE),
        ("node", Surface.MCP_SPEC),
    ],
)
def test_the_surface_is_recognised_by_its_user_agent(agent: str, surface: Surface) -> None:
    calls = capture(entry("POST", TARGET, 401, CALL, agent=agent))
    assert imported(calls).surface == surface
    assert imported(calls, surface=Surface.MESSAGES_API).surface == Surface.MESSAGES_API


def test_a_browser_that_calls_as_a_page_is_not_claude() -> None:
    page = entry("POST", TARGET, 403, CALL, agent="Mozilla/5.0")
    own = entry("POST", TARGET, 401, CALL, agent="Claude-User")
    trace = imported(capture(own, page))
    assert [one.exploration for one in trace.exchanges] == [False, True]
    assert diagnose(trace).verdict is Verdict.INCONCLUSIVE
    inspector = imported(capture(page))
    assert diagnose(inspector).stopped_at is Step.CHALLENGE


def test_how_sure_a_name_is_stands_in_the_report() -> None:
    har = plain_har(HEALTHY)
    trace = imported(read_har(json.dumps(har).encode()))
    assert trace.imported is not None
    certainty = trace.imported.certainty
    assert set(certainty) == {one.n for one in trace.exchanges}
    assert certainty[1] is Certainty.SURE
    assert [n for n, one in certainty.items() if one is Certainty.GUESS] == [7, 8, 9]
    report = text_report(trace, diagnose(trace))
    assert "3 guessed (7 login, 8 login, 9 login)" in " ".join(report.split())
    assert max(map(len, report.splitlines())) <= 80
    value = json.loads(json_report([(trace, diagnose(trace))]))
    assert value["imported"]["certainty"]["7"] == "guess"


def test_an_export_does_not_make_a_guess_certain() -> None:
    trace = imported(read_har(json.dumps(plain_har(HEALTHY)).encode()))
    again = imported(read_har(export(trace, "har")))
    assert trace.imported is not None
    assert again.imported is not None
    assert again.imported.certainty == trace.imported.certainty
    assert again.exchanges == trace.exchanges


def test_what_pages_are_made_of_is_left_out() -> None:
    har = plain_har(HEALTHY)
    entries = har["log"]["entries"]
    noise = [
        entry("GET", "https://cdn.example.com/a.js", agent="Mozilla/5.0", media="text/javascript"),
        entry("GET", "https://stats.example.com/p", _resourceType="ping", agent="Mozilla/5.0"),
        entry("GET", "https://cdn.example.com/logo", agent="Mozilla/5.0", media="image/png"),
    ]
    for one in noise:
        one["startedDateTime"] = entries[7]["startedDateTime"]
    entries[7:7] = noise
    trace = imported(read_har(json.dumps(har).encode()))
    assert len(trace.exchanges) == len(HEALTHY.exchanges)
    assert trace.imported is not None
    assert trace.imported.left_out == {"of other hosts, pages or files": 3}
    assert diagnose(trace).verdict is Verdict.CONNECTS


def test_an_answer_whose_body_was_not_kept_is_not_judged() -> None:
    har = plain_har(HEALTHY)
    for one in har["log"]["entries"]:
        del one["response"]["content"]["text"]
        one["response"]["content"]["size"] = 100
    trace = imported(read_har(json.dumps(har).encode()))
    diagnosis = diagnose(trace)
    assert diagnosis.verdict is not Verdict.FAILS
    assert diagnosis.findings == ()
    assert trace.imported is not None
    assert trace.imported.left_out["without the body that would have to be read"] == 5


def test_secrets_do_not_leave_with_an_import() -> None:
    token = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2EifQ.c2lnbmF0dXJl"
    call = entry("POST", TARGET, 200, CALL)
    call["request"]["headers"] += [{"name": "Authorization", "value": f"Bearer {token}"}]
    call["request"]["headers"] += [{"name": "Cookie", "value": "sid=0123456789abcdef"}]
    trace = imported(capture(call))
    diagnosis = diagnose(trace)
    shown = [text_report(trace, diagnosis), json_report([(trace, diagnosis)])]
    shown += [export(trace, form).decode("latin-1") for form in ("har", "mitm", "curl")]
    for text in shown:
        assert token not in text
        assert "0123456789abcdef" not in text
    assert "<access_token:1 jwt" in shown[2]


def mangled(har: dict[str, Any], at: list[str | int], value: object) -> None:
    """Put a value in the place of a member."""
    inner: Any = har
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = value


def places(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [at] if at else []
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for name, inner in pairs:
        found += places(inner, (*at, name))
    return found


MARKED = json.loads(export(HEALTHY, "har"))
PLACES = places(MARKED)
VALUES = st.sampled_from(
    [None, True, -1, 1e300, 10**30, "", "x", "\ud800", "http://[", [], [[]], {}, {"a": []}, "\x1b["]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), max_size=3))
def test_no_member_of_any_value_breaks_an_import_or_an_export(
    changes: list[tuple[tuple[str | int, ...], object]],
) -> None:
    har = json.loads(json.dumps(MARKED))
    for at, value in changes:
        try:
            mangled(har, list(at), value)
        except (KeyError, IndexError, TypeError):
            continue
    try:
        trace = imported(read_har(json.dumps(har).encode()))
    except CaptureError:
        return
    diagnosis = diagnose(trace)
    assert not any(one.error for one in diagnosis.findings)
    assert text_report(trace, diagnosis, verbose=True).isprintable() is False
    assert "\x1b" not in text_report(trace, diagnosis, verbose=True)
    json_report([(trace, diagnosis)])
    again = imported(read_har(export(trace, "har")))
    assert len(again.exchanges) == len(trace.exchanges)
    for one in trace.exchanges[:3]:
        export(trace, "curl", number=one.n)


def file(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is not a recording"),
        (b"\x89PNG", "is not a recording"),
        (b"{}", "no list log.entries"),
        (b'{"log":{"entries":[', "broken or cut off"),
        (b"12:abc", "no flow in it can be read"),
        (b'{"log":{"entries":[]}}', "--target URL"),
    ],
)
def test_a_file_that_holds_nothing_is_refused_in_one_sentence(
    data: bytes, words: str, tmp_path: Path
) -> None:
    with pytest.raises(RecordingError) as caught:
        read_trace(file(tmp_path, data))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_is_known_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    formats: list[Callable[[Trace], bytes]] = [
        lambda trace: export(trace, "har"),
        lambda trace: export(trace, "mitm"),
    ]
    for form in formats:
        assert read_trace(file(tmp_path, form(HEALTHY))).target == HEALTHY.target


def test_a_huge_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.run.files.SIZE_LIMIT", 100)
    with pytest.raises(RecordingError, match="larger than"):
        read_trace(file(tmp_path, export(HEALTHY, "har")))
