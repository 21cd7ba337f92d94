"""A recording holds a whole trace, survives a crash, and refuses what is no recording."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.trace import (
    Certificate,
    Connection,
    Exchange,
    Failure,
    FailureKind,
    Note,
    NoteKind,
    Purpose,
    Request,
    Response,
    Step,
    Timing,
    TokenFacts,
    Trace,
    Voice,
)
from harness.recording.file import (
    SIZE_LIMIT,
    Recorder,
    RecordingError,
    default_path,
    load,
    save,
)
from harness.recording.redact import BODY_LIMIT, Redactor

HEADER = b'{"format":"harness.recording/1","target":"https://h/","surface":"claude-ai"}\n'
NOTE = b'{"note":{"step":"token","kind":"stop","text":"x"}}\n'

# Header values from the wire may hold bytes that are no UTF-8, decoded as lone surrogates.
_text = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\udc80\udcff"))
_number = st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | _number | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)
_data = st.dictionaries(_text, _json, max_size=3)
_headers = st.lists(
    st.tuples(st.sampled_from(["Authorization", "Set-Cookie", "Location", "X-A"]), _text),
    max_size=3,
).map(tuple)
_body = st.binary(max_size=40) | _json.map(lambda value: json.dumps(value).encode())
_texts = st.lists(_text, max_size=2).map(tuple)
_maybe = st.none() | _text
_phase = st.none() | _number

_requests = st.builds(
    Request, method=_text, url=_text, headers=_headers, body=_body, http_version=_text
)
_responses = st.builds(
    Response,
    status=st.integers(),
    reason=_text,
    headers=_headers,
    body=_body,
    wire_size=st.integers(),
    truncated=st.booleans(),
    encoding_error=_maybe,
)
_certificates = st.builds(
    Certificate,
    subject=_text,
    issuer=_text,
    names=_texts,
    not_before=_text,
    not_after=_text,
    self_signed=st.booleans(),
)
_connections = st.builds(
    Connection,
    host=_text,
    port=st.integers(),
    addresses=_texts,
    peer=_maybe,
    mapped_to=_maybe,
    sni=_maybe,
    tls_version=_maybe,
    cipher=_maybe,
    alpn=_maybe,
    certificates=st.lists(_certificates, max_size=2).map(tuple),
    verify_errors=_texts,
)
_timings = st.builds(
    Timing, dns=_phase, connect=_phase, tls=_phase, wait=_phase, read=_phase, total=_number
)
_exchanges = st.builds(
    Exchange,
    n=st.integers(min_value=0),
    step=st.sampled_from(Step),
    purpose=st.sampled_from(Purpose),
    voice=st.sampled_from(Voice),
    request=_requests,
    response=st.none() | _responses,
    failure=st.none() | st.builds(Failure, st.sampled_from(FailureKind), _text),
    connection=st.none() | _connections,
    timing=_timings,
    started=_number,
    exploration=st.booleans(),
    token=st.none()
    | st.builds(TokenFacts, kind=_text, length=st.integers(), header=_data, claims=_data),
)
_notes = st.builds(
    Note,
    step=st.sampled_from(Step),
    kind=st.sampled_from(NoteKind),
    text=_text,
    data=_data,
    after=st.integers(min_value=0),
)
_traces = st.builds(
    Trace,
    target=_text,
    surface=_text,
    started=_number,
    finished=_phase,
    maps=st.lists(st.tuples(_text, _text), max_size=2).map(tuple),
    choices=_data,
    exchanges=st.lists(_exchanges, max_size=3).map(tuple),
    notes=st.lists(_notes, max_size=3).map(tuple),
)


def redacted(trace: Trace, redactor: Redactor) -> Trace:
    return replace(
        trace,
        target=redactor.url(trace.target),
        maps=tuple((redactor.url(one), redactor.url(two)) for one, two in trace.maps),
        exchanges=tuple(redactor.exchange(one) for one in trace.exchanges),
        notes=tuple(redactor.note(one) for one in trace.notes),
    )


@settings(max_examples=150, deadline=None)
@given(trace=_traces)
def test_what_was_recorded_is_loaded(
    trace: Trace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("r") / "r.jsonl"
    redactor = Redactor()
    # Known beforehand, so that every pass over the trace replaces the same.
    redacted(trace, redactor)
    save(trace, path, redactor)
    assert load(path) == replace(redacted(trace, redactor), recording=str(path))


def _exchange(n: int = 1, body: bytes = b"") -> Exchange:
    return Exchange(
        n=n,
        step=Step.REACH,
        purpose=Purpose.INITIALIZE,
        voice=Voice.RUNTIME,
        request=Request(method="POST", url="https://h/mcp"),
        response=Response(status=200, body=body),
    )


def _recorder(path: Path) -> Recorder:
    return Recorder(path, Redactor(), Trace(target="https://h/mcp", surface="claude-ai"))


def test_each_line_is_on_disk_at_once_and_only_the_owner_may_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "r.jsonl"
    recorder = _recorder(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load(path).exchanges == ()
    recorder.exchange(_exchange())
    assert len(load(path).exchanges) == 1
    recorder.close(5.0)
    assert load(path).finished == 5.0
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[0]["format"] == "harness.recording/1"
    assert lines[-1] == {"end": {"finished": 5.0}}


def test_notes_stand_behind_the_exchange_they_follow(tmp_path: Path) -> None:
    notes = tuple(
        Note(step=Step.REACH, kind=NoteKind.WAIT, text="", after=after) for after in (0, 1, 2)
    )
    trace = Trace(
        target="https://h/", surface="x", exchanges=(_exchange(1), _exchange(2)), notes=notes
    )
    save(trace, tmp_path / "r", Redactor())
    lines = [json.loads(line) for line in (tmp_path / "r").read_text().splitlines()]
    kinds = [next(iter(line)) for line in lines[1:]]
    assert kinds == ["note", "exchange", "note", "exchange", "note"]


def test_a_cut_body_is_told_in_its_line(tmp_path: Path) -> None:
    with _recorder(tmp_path / "r") as recorder:
        recorder.exchange(_exchange(body=b"x" * (BODY_LIMIT + 1)))
    line = json.loads((tmp_path / "r").read_text().splitlines()[1])
    assert line["cut"] == {"response": BODY_LIMIT + 1}
    assert "truncated" not in line["exchange"]["response"]


def test_a_body_that_is_no_text_is_base64(tmp_path: Path) -> None:
    with _recorder(tmp_path / "r") as recorder:
        recorder.exchange(_exchange(body=b"\xff"))
    line = json.loads((tmp_path / "r").read_text().splitlines()[1])
    assert line["exchange"]["response"]["body"] == {"base64": "/w=="}


def test_an_existing_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("mine")
    with pytest.raises(RecordingError, match="exists already"):
        _recorder(tmp_path / "r")
    assert (tmp_path / "r").read_text() == "mine"


def test_a_path_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="cannot write the recording"):
        _recorder(tmp_path / "file" / "r")


def test_a_full_disk_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    recorder = _recorder(tmp_path / "r")
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(RecordingError, match="No space left on device"):
        recorder.exchange(_exchange())
    monkeypatch.undo()
    with pytest.raises(RecordingError, match="closed"):
        recorder.exchange(_exchange())
    recorder.close()
    assert load(tmp_path / "r").exchanges == ()


@pytest.mark.parametrize("end", [b'{"no', b'{"note":{}}', b"\xff", b"[", b'{"end":{"finished":'])
def test_a_torn_last_line_is_left_out(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "r").write_bytes(HEADER + NOTE + end)
    trace = load(tmp_path / "r")
    assert len(trace.notes) == 1
    assert trace.finished is None


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_recording_torn_anywhere_is_readable(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("r") / "r.jsonl"
    with _recorder(path) as recorder:
        recorder.exchange(_exchange(1, '{"ä":1}'.encode()))
        recorder.exchange(_exchange(2, b"\xff"))
        recorder.close(2.0)
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    path.write_bytes(whole[: data.draw(st.integers(first, len(whole)))])
    assert load(path).exchanges == load(path).exchanges[: whole.count(b"\n")]


def test_unknown_members_and_lines_are_ignored(tmp_path: Path) -> None:
    header = HEADER.replace(b"recording/1", b"recording/1.4").replace(b"{", b'{"new":[1],')
    note = NOTE.replace(b'"text"', b'"colour":"red","text"')
    (tmp_path / "r").write_bytes(header + b'{"frame":1}\n\n' + note)
    assert [one.text for one in load(tmp_path / "r").notes] == ["x"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no complete first line"),
        (HEADER[:20], "no complete first line"),
        (b"hello\n", "is not a recording: line 1: not valid JSON"),
        (b"[1]\n", "is not a recording: line 1: not a JSON object"),
        (b'{"log":{}}\n', "is not a recording: line 1: the format is not named"),
        (b"\xff\xfe\n", "is not a recording: line 1: not valid UTF-8"),
        (HEADER.replace(b"/1", b"/2"), "format harness.recording/2 is not harness.recording/1"),
        (HEADER.replace(b'"target"', b'"t"'), "line 1: the header has no target"),
        (HEADER.replace(b'"claude-ai"', b"7"), "line 1: the header.surface must be of type text"),
        (HEADER + b"{\n" + NOTE, "line 2: not valid JSON"),
        (HEADER + NOTE + b"\xff\n", "line 3: not valid UTF-8"),
        (HEADER + b'{"note":[]}\n', "line 2: note must be of type object"),
        (HEADER + NOTE.replace(b"token", b"tokens"), "line 2: note.step has the unknown value"),
        (HEADER + NOTE.replace(b'"x"', b'"x","after":true'), "line 2: note.after"),
        (HEADER + NOTE.replace(b'"x"', b'"x","data":{"a":NaN}'), "line 2: not valid JSON"),
        (HEADER + b"[" * 100_000 + b"\n", "line 2: nested too deep"),
        (
            HEADER + NOTE.replace(b'"x"', b'"x","data":{"a":' + b"[" * 300 + b"]" * 300 + b"}"),
            "line 2: note.data.a is nested too deep",
        ),
        (HEADER + b'{"end":{"finished":"now"}}\n', "line 2: end.finished must be a number"),
        (HEADER + b'{"end":{"finished":1' + b"0" * 400 + b"}}\n", "finished is too large"),
        (HEADER + b'{"end":{"finished":1' + b"0" * 5000 + b"}}\n", "line 2: not valid JSON"),
    ],
)
def test_bad_files_are_refused_with_line_and_problem(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    (tmp_path / "r").write_bytes(content)
    with pytest.raises(RecordingError) as caught:
        load(tmp_path / "r")
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "body", ['{"base64":7}', '{"base64":"*"}', '{"base64":"é"}', "{}", "7", '"\\ud800"']
)
def test_a_bad_body_is_refused(tmp_path: Path, body: str) -> None:
    line = (
        '{"exchange":{"n":1,"step":"token","purpose":"token","voice":"broker",'
        f'"request":{{"method":"GET","url":"u","body":{body}}}}}}}\n'
    )
    (tmp_path / "r").write_bytes(HEADER + line.encode())
    with pytest.raises(RecordingError, match=r"line 2: exchange\.request\.body"):
        load(tmp_path / "r")


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "r").open("wb") as file:
        file.truncate(SIZE_LIMIT + 1)
    with pytest.raises(RecordingError, match="larger than 64 MiB"):
        load(tmp_path / "r")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: None])
def test_what_is_no_file_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "r")
    with pytest.raises(RecordingError):
        load(tmp_path / "r")


@settings(max_examples=200, deadline=None)
@given(lines=st.lists(_json.map(lambda value: json.dumps(value).encode()) | st.binary()))
def test_nothing_but_a_recording_error_comes_from_a_bad_file(
    lines: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("r") / "r.jsonl"
    path.write_bytes(HEADER + b"\n".join(lines))
    with suppress(RecordingError):
        assert load(path).surface == "claude-ai"


def test_the_default_path_names_time_host_and_surface(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    started = 1795406400.0
    path = default_path("https://mcp.example.com/mcp", "claude-ai", started, tmp_path)
    name = "2026-11-23T0400-mcp.example.com-claude-ai"
    assert path == tmp_path / "data" / "claude-connector-harness" / "recordings" / f"{name}.jsonl"
    (tmp_path / "recordings").mkdir()
    names = []
    for _ in range(3):
        path = default_path("https://mcp.example.com/mcp", "claude-ai", started, tmp_path)
        path.touch()
        names.append(path.relative_to(tmp_path / "recordings").name)
    assert names == [f"{name}.jsonl", f"{name}-2.jsonl", f"{name}-3.jsonl"]


@pytest.mark.parametrize(
    "target", ["https://../../etc", "nonsense", "http://[::1]:80/", "https://" + "é" * 300]
)
def test_a_strange_host_cannot_leave_the_folder(tmp_path: Path, target: str) -> None:
    (tmp_path / "recordings").mkdir()
    path = default_path(target, "../x", 0.0, tmp_path)
    assert path.parent == tmp_path / "recordings"
    path.touch()
