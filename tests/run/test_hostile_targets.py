"""Whatever a target does, a check ends in a clear verdict and a readable recording."""

import asyncio
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from live import checked
from tiny import Got, Handler, healthy, http, tiny

from harness.client.choices import Choices
from harness.model.network import ConnectFault, DnsFault, Network
from harness.model.trace import FailureKind, Step
from harness.model.verdict import Verdict
from harness.recording.file import load
from harness.report.json import json_report
from harness.report.text import text_report
from harness.run.check import Plan
from harness.run.session import Outcome

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnp.exe\r\n[red]markup[/red]"


async def check(
    folder: Path, handler: Handler, *, path: str = "/mcp", network: Network | None = None
) -> Outcome:
    async with tiny(handler) as origin:
        plan = Plan(choices=Choices(target=origin + path), network=network)
        return await verdict(folder, plan)


async def verdict(folder: Path, plan: Plan) -> Outcome:
    file = folder / "run.jsonl"
    outcome = await checked(file, plan=plan)
    assert len(load(file).exchanges) == len(outcome.trace.exchanges)
    for report in (
        text_report(outcome.trace, outcome.diagnosis, verbose=True),
        json_report([(outcome.trace, outcome.diagnosis)]),
    ):
        shown = report.replace("\n", "")
        assert "\x1b" not in shown
        assert "\u202e" not in text_report(outcome.trace, outcome.diagnosis)
    lines = text_report(outcome.trace, outcome.diagnosis).splitlines()
    assert [one for one in lines if len(one) > 80 and not one.startswith("recording")] == []
    return outcome


def bent(path: str, answer: bytes | None, method: str | None = None) -> Handler:
    def handler(got: Got) -> bytes | None:
        here = got.path.endswith(path) and method in (None, got.method)
        return answer if here else healthy(got)

    return handler


async def test_the_tiny_server_connects(tmp_path: Path) -> None:
    outcome = await check(tmp_path, healthy)
    assert outcome.diagnosis.verdict is Verdict.CONNECTS
    assert outcome.diagnosis.unexplained == ()


async def test_a_closed_port(tmp_path: Path) -> None:
    async with tiny(healthy) as origin:
        pass
    outcome = await verdict(tmp_path, Plan(choices=Choices(target=f"{origin}/mcp")))
    assert outcome.diagnosis.verdict is Verdict.FAILS
    assert outcome.diagnosis.stopped_at is Step.REACH
    failure = outcome.trace.exchanges[0].failure
    assert failure is not None
    assert failure.kind is FailureKind.REFUSED


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (Network(answers={"mcp.example.com": DnsFault.UNKNOWN}), Verdict.FAILS),
        (Network(answers={"mcp.example.com": DnsFault.TEMPORARY}), Verdict.INCONCLUSIVE),
        (
            Network(
                answers={"mcp.example.com": ("203.0.113.7",)},
                connects={"mcp.example.com": ConnectFault.NO_NETWORK},
            ),
            Verdict.INCONCLUSIVE,
        ),
        (
            Network(
                answers={"mcp.example.com": ("203.0.113.7",)},
                connects={"mcp.example.com": ConnectFault.REFUSED},
            ),
            Verdict.FAILS,
        ),
    ],
)
async def test_a_name_or_network_that_is_not_there(
    tmp_path: Path, network: Network, expected: Verdict
) -> None:
    plan = Plan(choices=Choices(target="https://mcp.example.com/mcp"), network=network)
    outcome = await verdict(tmp_path, plan)
    assert outcome.diagnosis.verdict is expected
    assert len(outcome.trace.exchanges) == 1
    assert outcome.diagnosis.headline


@dataclass(frozen=True)
class Tls:
    """A server certificate that something is wrong with."""

    context: ssl.SSLContext
    said: str


def _wrong_host() -> Tls:
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("other.example").configure_cert(context)
    return Tls(context, "not trusted")


@pytest.mark.parametrize("make", [_wrong_host])
async def test_a_certificate_nobody_trusts(tmp_path: Path, make: Callable[[], Tls]) -> None:
    broken = make()
    server = await asyncio.start_server(
        lambda reader, writer: writer.close(), "127.0.0.1", 0, ssl=broken.context
    )
    port = server.sockets[0].getsockname()[1]
    async with server:
        plan = Plan(choices=Choices(target=f"https://127.0.0.1:{port}/mcp"))
        outcome = await verdict(tmp_path, plan)
    assert outcome.diagnosis.stopped_at is Step.REACH
    connection = outcome.trace.exchanges[0].connection
    assert connection is not None
    assert connection.certificates
    assert connection.verify_errors


async def test_plain_http_behind_https(tmp_path: Path) -> None:
    def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(http(400))
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        target = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
        outcome = await verdict(tmp_path, Plan(choices=Choices(target=target)))
    failure = outcome.trace.exchanges[0].failure
    assert failure is not None
    assert failure.kind is FailureKind.NOT_TLS
    assert outcome.diagnosis.stopped_at is Step.REACH


ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b"[" * 9_000_000
DEEP = http(200, "[" * 200_000)
HUGE = http(200, b'{"a": "' + b"x" * 50_000_000 + b'"}')


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ENDLESS, id="endless"),
        pytest.param(HUGE, id="50 MB"),
        pytest.param(DEEP, id="nested"),
        pytest.param(http(200, b"\xff\xfe\x00{"), id="no utf-8"),
        pytest.param(http(200, b'{"resource": "'), id="cut json"),
        pytest.param(http(200, []), id="a list"),
        pytest.param(b"SSH-2.0-OpenSSH_9\r\n", id="not http"),
        pytest.param(b"", id="closes at once"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nshort", id="truncated"),
    ],
)
@pytest.mark.parametrize(
    "path", ["/oauth-protected-resource/mcp", "/oauth-authorization-server", "/token"]
)
async def test_a_document_that_is_none(tmp_path: Path, path: str, answer: bytes) -> None:
    outcome = await check(tmp_path, bent(path, answer))
    assert outcome.diagnosis.verdict in (Verdict.FAILS, Verdict.CONNECTS)
    if path == "/token":
        assert outcome.diagnosis.stopped_at is Step.TOKEN


@pytest.mark.parametrize(
    "answer",
    [ENDLESS, HUGE, DEEP, http(200, b"\xff\xfe")],
    ids=["endless", "50 MB", "nested", "no utf-8"],
)
async def test_an_mcp_answer_that_is_none(tmp_path: Path, answer: bytes) -> None:
    def handler(got: Got) -> bytes:
        return answer if b"tools/list" in got.body else healthy(got)

    outcome = await check(tmp_path, handler)
    assert outcome.diagnosis.stopped_at is Step.SESSION


async def test_a_redirect_loop(tmp_path: Path) -> None:
    outcome = await check(tmp_path, bent("/mcp", http(307, b"", "Location: /mcp"), "POST"))
    assert outcome.diagnosis.stopped_at is Step.CHALLENGE


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "http://169.254.169.254/latest", "https://[::1"],
)
async def test_addresses_a_server_should_not_name(tmp_path: Path, url: str) -> None:
    def handler(got: Got) -> bytes:
        if got.path.endswith("/oauth-protected-resource/mcp"):
            document = {"resource": f"{got.origin}/mcp", "authorization_servers": [url]}
            return http(200, document)
        return healthy(got)

    outcome = await check(tmp_path, handler)
    for exchange in outcome.trace.exchanges:
        if exchange.request.url.startswith("http://169.254"):
            assert exchange.failure is not None
            assert exchange.failure.kind is FailureKind.BLOCKED
        else:
            assert exchange.request.url.startswith(("http://127.0.0.1", "https://claude.ai/"))


async def test_control_sequences_everywhere(tmp_path: Path) -> None:
    nasty = json.dumps(ESCAPES)[1:-1]

    def handler(got: Got) -> bytes:
        if got.path == "/token":
            error = f'{{"error": "{nasty}", "error_description": "{nasty}"}}'
            return http(400, error, f"X-Note: \x1b[31m{'n' * 10}")
        if got.path == "/mcp" and "authorization" not in got.headers:
            challenge = 'WWW-Authenticate: Bearer realm="\x1b]0;x\x07\x1b[2J"'
            return http(401, ESCAPES.encode(), challenge, kind="text/\x1b[31mhtml")
        return healthy(got)

    outcome = await check(tmp_path, handler)
    assert outcome.diagnosis.stopped_at is Step.TOKEN


async def test_a_sign_in_page_with_control_sequences(tmp_path: Path) -> None:
    page = f"<title>{ESCAPES}</title><p>{ESCAPES}</p><script>x</script>"
    outcome = await check(tmp_path, bent("/authorize", http(200, page, kind="text/html")))
    assert outcome.diagnosis.verdict is Verdict.INCONCLUSIVE


async def test_a_server_that_never_answers(tmp_path: Path) -> None:
    from dataclasses import replace

    from harness.profiles import claude_ai

    quick = replace(claude_ai.PROFILE, discovery_timeout=0.3, connect_timeout=0.3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claude_ai, "PROFILE", quick)
        outcome = await check(tmp_path, lambda got: None)
    assert outcome.diagnosis.stopped_at is Step.CHALLENGE
    failure = outcome.trace.exchanges[0].failure
    assert failure is not None
    assert failure.kind is FailureKind.TIMEOUT
