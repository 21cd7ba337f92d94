"""A recorded server meets a client as the one that was recorded did."""

import asyncio
import json
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from live import checked

from harness.diagnosis.catalogue import scenario
from harness.model.trace import (
    Exchange,
    Failure,
    FailureKind,
    Purpose,
    Request,
    Response,
    Step,
    Timing,
    Trace,
    Voice,
)
from harness.model.verdict import Verdict
from harness.recording.file import RecordingError, load
from harness.reproduce.places import limits
from harness.run.check import Plan
from harness.run.recorded_server import Recorded, recorded_server
from harness.run.session import Outcome, recorded_choices

EXAMPLES = Path(__file__).parent.parent.parent / "recordings" / "examples"
MCP = "https://m.example.com/mcp"

# One of each step, those first that look the same under any name.
FAULTS = (
    None,
    "challenge-without-resource-metadata",
    "api-key-server-401",
    "prm-requires-auth",
    "prm-http-scheme-behind-proxy",
    "as-metadata-not-json",
    "dcr-redirect-host-rejected",
    "dcr-rejects-confidential",
    "authorize-login-loses-params",
    "callback-state-mangled",
    "callback-form-post",
    "consent-redirect-307",
    "token-invalid-target",
    "token-response-form-encoded",
    "bearer-audience-mismatch",
    "bearer-clock-skew",
    "edge-blocks-claude-user-agent",
    "compressed-body-not-decodable",
    "json-rpc-shape-wrong",
    "session-affinity-lost",
    "refresh-rotation-token-missing",
    "tls-untrusted-expired-hostname",
    "tls-handshake-reset",
)
# Whose host or port is what is wrong.
BY_NAME = ("cross-host-redirect-drops-auth", "port-not-443", "prm-internal-host")


def ended(outcome: Outcome) -> tuple[object, ...]:
    diagnosis = outcome.diagnosis
    root = next((one.id for one in diagnosis.findings if one.root_cause), None)
    return diagnosis.verdict, diagnosis.stopped_at, root


async def again(file: Path, trace: Trace, *, public: bool) -> Outcome:
    """The simulated client of a recording against its recorded server."""
    async with recorded_server(trace) as server:
        ca_file = file.with_suffix(".pem")
        ca_file.write_bytes(server.ca_pem)
        choices = recorded_choices(trace)
        plan = Plan(
            choices=choices if public else replace(choices, target=server.target),
            maps=server.maps if public else (),
            ca_files=(ca_file,) if server.ca_pem else (),
        )
        return await checked(file, plan=plan)


@pytest.mark.parametrize("fault", [*FAULTS, *BY_NAME])
async def test_it_fails_as_the_recorded_one_did(fault: str | None, tmp_path: Path) -> None:
    known = scenario(fault) if fault else None
    first = await checked(tmp_path / "first.jsonl", *([known] if known else []))
    assert ended(first)[-1] == fault
    trace = load(tmp_path / "first.jsonl")
    under_its_name = await again(tmp_path / "name.jsonl", trace, public=True)
    assert ended(under_its_name) == ended(first)
    if fault not in BY_NAME:
        on_loopback = await again(tmp_path / "loopback.jsonl", trace, public=False)
        assert ended(on_loopback) == ended(first)


async def test_what_was_recorded_of_it_can_be_served_again(tmp_path: Path) -> None:
    trace = load(EXAMPLES / "healthy.jsonl")
    for number in range(2):
        record = tmp_path / f"{number}.jsonl"
        outcome = await again(record, trace, public=number == 0)
        assert outcome.diagnosis.verdict is Verdict.CONNECTS
        trace = load(record)


@asynccontextmanager
async def client(
    trace: Trace, missed: list[str] | None = None
) -> AsyncIterator[tuple[Recorded, httpx.AsyncClient]]:
    """A client that is none of ours, against a recorded server on plain http."""
    tell = (lambda _: None) if missed is None else missed.append
    async with (
        recorded_server(trace, tls=False, missed=tell) as server,
        httpx.AsyncClient(trust_env=False, timeout=10) as http,
    ):
        yield server, http


async def test_any_client_can_walk_through() -> None:
    """Other headers, ids, state and redirect URI than the recorded; a form in another order."""
    trace = load(EXAMPLES / "healthy.jsonl")
    redirect = "http://localhost:3118/callback?own=1"
    async with client(trace) as (server, http):
        call = {"jsonrpc": "2.0", "id": "first", "method": "initialize", "params": {}}
        refused = await http.post(server.target, json=call)
        assert refused.status_code == 401
        pointer = refused.headers["www-authenticate"].split('resource_metadata="')[1].split('"')[0]
        resource = (await http.get(pointer)).json()
        assert resource["resource"] == server.target
        (issuer,) = resource["authorization_servers"]
        metadata = (await http.get(f"{issuer}/.well-known/oauth-authorization-server")).json()
        assert metadata["issuer"] == issuer
        assert urlsplit(metadata["token_endpoint"]).netloc == urlsplit(issuer).netloc
        asked = {"response_type": "code", "client_id": "me", "state": "a/b+c=&", "scope": "x"}
        asked |= {"redirect_uri": redirect, "code_challenge": "y", "resource": server.target}
        page = await http.get(f"{metadata['authorization_endpoint']}?{urlencode(asked)}")
        assert "<field:" not in page.text
        ticket = page.text.split('name="request" value="')[1].split('"')[0]
        answered = await http.post(
            f"{issuer}/oauth/sign-in", data={"username": "u", "password": "p", "request": ticket}
        )
        consent = await http.get(f"{issuer}{answered.headers['location']}")
        assert consent.status_code == 200
        answered = await http.post(
            f"{issuer}/oauth/consent", data={"decision": "approve", "request": ticket}
        )
        back = answered.headers["location"]
        assert back.startswith(redirect)
        given = parse_qs(urlsplit(back).query)
        assert given["own"] == ["1"]
        assert given["state"] == ["a/b+c=&"]
        assert given["iss"] == [issuer]
        form = {"code": given["code"][0], "grant_type": "authorization_code"}
        token = (await http.post(metadata["token_endpoint"], data=form)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "curl/8"}
        call = {"jsonrpc": "2.0", "id": "n-77", "method": "tools/list"}
        listed = (await http.post(server.target, json=call, headers=headers)).json()
        assert listed["id"] == "n-77"
        assert [one["name"] for one in listed["result"]["tools"]] == ["list_notes", "add_note"]
        strange = {"Authorization": "Bearer of-another-day"}
        call = {"jsonrpc": "2.0", "id": 1, "method": "server/discover"}
        assert (await http.post(server.target, json=call, headers=strange)).status_code == 401


async def test_what_was_not_recorded_is_said() -> None:
    missed: list[str] = []
    async with client(load(EXAMPLES / "healthy.jsonl"), missed) as (server, http):
        call = {"jsonrpc": "2.0", "id": 1, "method": "resources/templates/list"}
        answer = await http.post(server.target, json=call)
        other = await http.get(f"{server.target}/elsewhere?secret=1")
    said = "the recording has no answer for POST https://mcp.reference.test/mcp"
    assert (answer.status_code, other.status_code) == (404, 404)
    assert answer.json()["error"] == "not_in_recording"
    assert missed == [
        f"{said} (resources/templates/list)",
        f"{said.replace('POST', 'GET')}/elsewhere",
    ]


def exchange(n: int, body: dict[str, object], **more: object) -> Exchange:
    request = Request(
        method="POST",
        url=MCP,
        headers=(("Content-Type", "application/json"),),
        body=json.dumps(body).encode(),
    )
    one = Exchange(
        n=n,
        step=Step.CHALLENGE,
        purpose=Purpose.INITIALIZE,
        voice=Voice.RUNTIME,
        request=request,
        timing=Timing(total=1.0),
    )
    return replace(one, **more)  # type: ignore[arg-type]


def trace(*exchanges: Exchange) -> Trace:
    return Trace(target=MCP, surface="claude-ai", exchanges=exchanges, recording="r.jsonl")


CALL: dict[str, object] = {"jsonrpc": "2.0", "id": 0, "method": "initialize"}


async def test_answers_come_in_order_and_the_last_one_stays() -> None:
    answers = [
        exchange(n, CALL, response=Response(status=status)) for n, status in ((1, 503), (2, 429))
    ]
    async with client(trace(*answers)) as (server, http):
        seen = [(await http.post(server.target, json=CALL)).status_code for _ in range(3)]
    assert seen == [503, 429, 429]


async def test_a_stream_goes_out_as_recorded_under_the_new_id() -> None:
    body = b'event: message\ndata: {"id":5,"params":{"id":0}}\n\ndata: {"a":{"id":0},"id":0}\n\n'
    stream = Response(status=200, headers=(("content-type", "text/event-stream"),), body=body)
    async with client(trace(exchange(1, CALL, response=stream))) as (server, http):
        answer = await http.post(server.target, json={**CALL, "id": "x"})
    assert answer.content == body.replace(b',"id":0}\n', b',"id":"x"}\n')


async def test_a_server_that_hung_up_hangs_up() -> None:
    failed = Failure(FailureKind.RESET, "closed")
    async with client(trace(exchange(1, CALL, failure=failed))) as (server, http):
        with pytest.raises(httpx.RemoteProtocolError):
            await http.post(server.target, json=CALL)


async def test_a_server_that_broke_off_breaks_off() -> None:
    half = exchange(
        1,
        CALL,
        response=Response(status=200, body=b'{"half":', truncated=True),
        failure=Failure(FailureKind.RESET, "closed in the middle"),
    )
    async with client(trace(half)) as (server, http):
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            await http.post(server.target, json=CALL)


async def test_a_server_that_said_nothing_says_nothing() -> None:
    silent = exchange(1, CALL, failure=Failure(FailureKind.TIMEOUT, "no answer"))
    async with client(trace(silent)) as (server, http):
        with pytest.raises(httpx.ReadTimeout):
            await http.post(server.target, json=CALL, timeout=0.3)


async def test_a_port_that_was_closed_is_closed() -> None:
    refused = exchange(1, CALL, failure=Failure(FailureKind.REFUSED, "refused"))
    assert list(limits(trace(refused))) == []
    async with client(trace(refused)) as (server, http):
        with pytest.raises(httpx.ConnectError):
            await http.post(server.target, json=CALL)


def test_what_no_server_can_do_is_said() -> None:
    answered = exchange(1, CALL, response=Response(status=401))
    elsewhere = replace(answered.request, url="https://as.example.com/x")
    lost = exchange(2, CALL, failure=Failure(FailureKind.DNS, "none"), request=elsewhere)
    odd = exchange(3, CALL, failure=Failure(FailureKind.PROTOCOL, "no HTTP"))
    assert list(limits(trace(answered, lost, odd))) == [
        "https://as.example.com could not be reached (dns); no server can reproduce that, "
        "and its address stays as it was",
        "https://m.example.com sent what is not valid HTTP; "
        "here the connection is accepted and then closed",
    ]


async def test_a_recording_without_answers_is_refused() -> None:
    lost = exchange(1, CALL, failure=Failure(FailureKind.DNS, "none"))
    with pytest.raises(RecordingError, match=r"r\.jsonl holds no answer of a server"):
        async with recorded_server(trace(lost)):
            pass


def started(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "harness", "serve", *arguments)


async def test_in_the_foreground_it_says_where_it_is_and_stops_on_a_signal() -> None:
    recording = str(EXAMPLES / "token-invalid-target.jsonl")
    process = await asyncio.create_subprocess_exec(
        *started("--recording", recording),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(30):
            lines: list[str] = []
            while not lines or not lines[-1].startswith("Under the recorded names"):
                lines.append((await process.stdout.readline()).decode().strip())
            target, ca_file = lines[0].split()[-1], lines[1].split()[-1]
            assert (
                f"--map https://mcp.reference.test=https://127.0.0.1:{urlsplit(target).port}"
                in (lines[-1])
            )
            trust = ssl.create_default_context(cafile=ca_file)

            def fetch(url: str) -> int:
                try:
                    with urllib.request.urlopen(url, context=trust) as response:
                        return int(response.status)
                except urllib.error.HTTPError as error:
                    return error.code

            assert await asyncio.to_thread(fetch, f"{target}/nothing") == 404
            said = (await process.stderr.readline()).decode()
            assert "has no answer for GET https://mcp.reference.test/mcp/nothing" in said
            process.terminate()
            assert await process.wait() == 0
            with pytest.raises(FileNotFoundError):
                trust.load_verify_locations(ca_file)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def refused(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *started(*arguments), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        _, said = await process.communicate()
    assert process.returncode == 2
    assert b"Traceback" not in said
    return said.decode()


async def test_a_taken_port_and_a_foreign_file_are_one_sentence(tmp_path: Path) -> None:
    healthy = str(EXAMPLES / "healthy.jsonl")
    listening = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = str(listening.sockets[0].getsockname()[1])
    assert f"cannot listen on port {port}" in await refused("--recording", healthy, "--port", port)
    listening.close()
    other = tmp_path / "other.jsonl"
    other.write_text('{"format":"harness.recording/9"}\n')
    assert "harness.recording/9 is not" in await refused("--recording", str(other))
    assert "exclude" in await refused("--recording", healthy, "--fault", "prm-requires-auth")
