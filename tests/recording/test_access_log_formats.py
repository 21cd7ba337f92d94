"""Lines of access logs as servers write them, and as nobody should."""

import gzip
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.access_log import LogLine
from harness.recording.access_log import (
    LINE_LIMIT,
    AccessLogError,
    AccessLogReader,
    read_line,
    without_secrets,
)

NOON = 1795435200.0
"""2026-11-23 12:00 UTC."""
START = '160.79.106.38 - - [23/Nov/2026:12:00:00 +0000] "POST /mcp HTTP/1.1" 401 52'
# As Caddy's documentation shows it, with another request in it.
CADDY = {
    "level": "info",
    "ts": 1795435200.25,
    "logger": "http.log.access",
    "msg": "handled request",
    "request": {
        "remote_ip": "10.0.0.1",
        "remote_port": "41342",
        "client_ip": "160.79.106.38",
        "proto": "HTTP/2.0",
        "method": "POST",
        "host": "mcp.example.com",
        "uri": "/mcp",
        "headers": {"User-Agent": ["Claude-User"], "Accept": ["*/*"]},
        "tls": {"resumed": False, "version": 772, "proto": "h2", "server_name": "example.com"},
    },
    "bytes_read": 0,
    "user_id": "",
    "duration": 0.000929675,
    "size": 10900,
    "status": 401,
    "resp_headers": {"Server": ["Caddy"], "Content-Type": ["text/html; charset=utf-8"]},
}


def read(text: str) -> LogLine:
    line = read_line(text.encode(), file="log", number=1)
    assert line is not None
    return line


@pytest.mark.parametrize(
    ("text", "agent", "source", "seconds"),
    [
        (START, None, "160.79.106.38", None),
        (f'{START} "-" "Claude-User"', "Claude-User", "160.79.106.38", None),
        (f'{START} "-" "-"', "", "160.79.106.38", None),
        (f'{START} "-" "Claude-User" 0.012 401', "Claude-User", "160.79.106.38", 0.012),
        (f'{START} "-" "x" rt=10.250 uct="0.001"', "x", "160.79.106.38", 10.25),
        (f'{START} "https://a/" "x" "1.2.3.4, 10.0.0.1"', "x", "1.2.3.4", None),
        (f'{START} "x y" "https://a/"', "x y", "160.79.106.38", None),
        (f'{START} "-" "x" 7 "mcp@docker" "http://10.0.0.2:80" 12ms', "x", "160.79.106.38", 0.012),
        (f'mcp.example.com:443 {START} "-" "x"', "x", "160.79.106.38", None),
        (f'Nov 23 12:00:00 web nginx[7]: {START} "-" "x"', "x", "160.79.106.38", None),
        (json.dumps({"log": f'{START} "-" "x"\n', "stream": "stdout"}), "x", "160.79.106.38", None),
    ],
)
def test_text_formats(text: str, agent: str | None, source: str, seconds: float | None) -> None:
    line = read(text)
    assert (line.method, line.target, line.status, line.time) == ("POST", "/mcp", 401, NOON)
    assert (line.agent, line.source, line.seconds) == (agent, source, seconds)


@pytest.mark.parametrize(
    ("members", "seconds"),
    [
        ({"method": "POST", "path": "/mcp", "status": 401, "user_agent": "x", "ip": "::1"}, None),
        (
            {
                "request_method": "POST",
                "request_uri": "/mcp",
                "status": "401",
                "http_user_agent": "x",
                "remote_addr": "::1",
                "time": "23/Nov/2026:12:00:00 +0000",
                "request_time": "0.5",
            },
            0.5,
        ),
        (
            {
                "verb": "post",
                "url": "https://mcp.example.com/mcp",
                "status_code": 401,
                "userAgent": "x",
                "client_ip": "[::1]:4242",
                "ts": 1795435200000,
                "responseTime": 250,
            },
            0.25,
        ),
        (
            {
                "@timestamp": "2026-11-23T12:00:00Z",
                "http": {"request": {"method": "POST"}, "response": {"status_code": 401}},
                "url": {"original": "/mcp"},
                "user_agent": {"original": "x"},
                "source": {"ip": "::1"},
            },
            None,
        ),
        (
            {
                "ClientHost": "::1",
                "RequestMethod": "POST",
                "RequestPath": "/mcp",
                "DownstreamStatus": 401,
                "request_User-Agent": "x",
                "Duration": 1500000000,
                "StartUTC": "2026-11-23T12:00:00Z",
            },
            1.5,
        ),
        ({"request": "POST /mcp HTTP/1.1", "status": 401, "agent": "x", "ip": "::1"}, None),
    ],
)
def test_json_lines_of_many_names(members: dict[str, object], seconds: float | None) -> None:
    line = read(json.dumps(members))
    assert (line.method, line.target, line.status) == ("POST", "/mcp", 401)
    assert (line.agent, line.source, line.seconds) == ("x", "::1", seconds)
    assert line.time in (NOON, None)


def test_caddy() -> None:
    line = read(json.dumps(CADDY))
    assert line == LogLine(
        file="log",
        number=1,
        time=NOON + 0.25,
        addresses=("160.79.106.38",),
        method="POST",
        target="/mcp",
        status=401,
        agent="Claude-User",
        seconds=0.000929675,
    )


def test_a_duration_of_unknown_unit_is_not_guessed() -> None:
    text = json.dumps({"method": "POST", "path": "/mcp", "status": 200, "duration": 15})
    assert read(text).seconds is None


def test_uvicorn() -> None:
    line = read('INFO:     1.2.3.4:5555 - "POST /mcp HTTP/1.1" 401 Unauthorized')
    assert (line.method, line.target, line.status) == ("POST", "/mcp", 401)
    assert (line.agent, line.source, line.time) == (None, "1.2.3.4", None)


def test_tls_on_a_plain_port_is_a_line_without_a_request() -> None:
    line = read(r'1.2.3.4 - - [23/Nov/2026:12:00:00 +0000] "\x16\x03\x01\x02" 400 157 "-" "-"')
    assert (line.method, line.target, line.status) == ("", "", 400)


def log(folder: Path, data: bytes, name: str = "access.log") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_unreadable_lines_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    data = f"{START}\nnonsense\n\n\xff\xfe\x1b[2J\n{START}\n".encode("latin-1")
    reader = AccessLogReader([log(tmp_path, data)])
    assert [one.number for one in reader] == [1, 5]
    assert (reader.unreadable, reader.first_unreadable) == (2, "access.log, line 2")


def test_a_file_of_an_unknown_format_is_one_sentence(tmp_path: Path) -> None:
    reader = AccessLogReader([log(tmp_path, b"\nid,name\n1,x\n")])
    with pytest.raises(AccessLogError, match=r"^access\.log, line 2: not a line .*Caddy"):
        list(reader)


def test_an_empty_file_holds_no_lines(tmp_path: Path) -> None:
    assert list(AccessLogReader([log(tmp_path, b"")])) == []


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(AccessLogError, match=r"cannot read the access log none: No such file"):
        list(AccessLogReader([tmp_path / "none"]))


def test_an_endless_line_is_passed_over(tmp_path: Path) -> None:
    data = b"x" * (5 * LINE_LIMIT) + f"\n{START}\n".encode()
    reader = AccessLogReader([log(tmp_path, data)])
    assert [one.number for one in reader] == [2]
    assert reader.unreadable == 1


def test_compressed_and_cut_off(tmp_path: Path) -> None:
    # Not compressible, so that half of the file holds some whole lines.
    lines = "".join(f"{START} {number * 7919 % 104729}\n" for number in range(2000))
    packed = gzip.compress(lines.encode())
    whole = AccessLogReader([log(tmp_path, packed, "whole.gz")])
    assert (len(list(whole)), whole.damaged) == (2000, [])
    cut = AccessLogReader([log(tmp_path, packed[: len(packed) // 2], "cut.gz")])
    assert 0 < len(list(cut)) < 2000
    assert len(cut.damaged) == 1
    assert "cut.gz is damaged or cut off after line" in cut.damaged[0]
    with pytest.raises(AccessLogError, match="nothing before that can be read"):
        list(AccessLogReader([log(tmp_path, b"\x1f\x8b garbage", "bad.gz")]))


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(gzip.compress(START.encode())))
    monkeypatch.setattr(sys, "stdin", stream)
    reader = AccessLogReader([Path("-")])
    assert [one.file for one in reader] == ["standard input"]


def test_files_of_one_name_keep_their_folders(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    paths = [log(tmp_path / name, START.encode()) for name in ("a", "b")]
    assert [one.file for one in AccessLogReader(paths)] == [str(one) for one in paths]


@given(st.binary(max_size=600))
def test_no_bytes_raise(raw: bytes) -> None:
    read_line(raw, file="log", number=1)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
NAMES = st.sampled_from(["method", "uri", "request", "status", "ts", "log", "duration", "ip"])


@given(st.dictionaries(NAMES, LEAVES | st.dictionaries(NAMES, LEAVES | st.lists(LEAVES))))
def test_no_json_raises(value: dict[str, object]) -> None:
    read_line(json.dumps(value).encode(), file="log", number=1)


def test_json_nested_beyond_reason_is_unreadable() -> None:
    assert read_line(b'{"a":' * 8000, file="log", number=1) is None


@given(st.text(max_size=200), st.text(max_size=60), st.integers(0, 999))
def test_no_field_raises(target: str, agent: str, status: int) -> None:
    text = (
        f'1.2.3.4 - - [23/Nov/2026:12:00:00 +0000] "GET {target} HTTP/1.1" {status} 1 "-" "{agent}"'
    )
    line = read_line(text.encode("utf-8", "surrogatepass"), file="log", number=1)
    if line is not None:
        without_secrets(line)


SECRETS = st.sampled_from(
    ["code", "state", "access_token", "token", "client_secret", "refresh_token", "api_key"]
)
VALUES = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=12, max_size=40)


@settings(max_examples=200)
@given(SECRETS, VALUES, st.sampled_from(["/mcp", "/oauth/authorize", "/cb"]))
def test_no_secret_parameter_is_kept(name: str, value: str, path: str) -> None:
    target = f"{path}?a=1&{name}={value}&client_id=x"
    text = f'1.2.3.4 - - [23/Nov/2026:12:00:00 +0000] "GET {target} HTTP/1.1" 200 1 "-" "x"'
    line = without_secrets(read(text))
    assert value not in line.target
    assert line.parameters["client_id"] == "x"
