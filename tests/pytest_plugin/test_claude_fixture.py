"""One line of a user's own test checks a server; the message of its assertion is the report."""

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

# The server runs in a thread of the tests' process; another one issues no token.
CONFTEST = f"""
import asyncio
import sys
import threading

import pytest

sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import tiny


def refusing(got):
    if got.path == "/token":
        return tiny.http(400, {{"error": "invalid_target"}})
    return tiny.healthy(got)


@pytest.fixture(scope="session")
def serve():
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    opened = []

    def start(handler):
        opened.append(tiny.tiny(handler))
        return asyncio.run_coroutine_threadsafe(opened[-1].__aenter__(), loop).result(10)

    yield start
    for one in opened:
        asyncio.run_coroutine_threadsafe(one.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)


@pytest.fixture
def healthy(serve):
    return serve(tiny.healthy)


@pytest.fixture
def broken(serve):
    return serve(refusing)
"""


@pytest.fixture
def tests(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    return pytester


def test_what_holds_passes_in_plain_and_in_async_tests(tests: pytest.Pytester) -> None:
    tests.makepyfile(
        """
        import asyncio
        import tiny

        def test_connects(healthy, claude, monkeypatch):
            monkeypatch.setenv("PYTHONWARNINGS", "error")
            claude.check(f"{healthy}/mcp").connects()

        def test_fails(broken, claude):
            checked = claude.check(f"{broken}/mcp")
            checked.fails_at("token").finds("token-invalid-target")
            assert checked.verdict == "fails"
            assert checked.stopped_at == "token"
            assert checked.findings[0] == "token-invalid-target"
            assert checked.report.splitlines()[0] == f"{broken}/mcp as claude-ai"

        async def test_in_a_loop(healthy, claude):
            claude.check(f"{healthy}/mcp", surface="claude-code").connects()

        async def test_two_at_once_and_a_server_in_the_same_loop(claude, tmp_path):
            async with tiny.tiny(tiny.healthy) as origin:
                check = asyncio.to_thread(claude.check, f"{origin}/mcp")
                public = asyncio.to_thread(
                    claude.check,
                    "https://mcp.example.com/mcp",
                    map={"https://mcp.example.com": origin},
                )
                first, second = await asyncio.gather(check, public)
            first.connects()
            assert second.report.startswith("https://mcp.example.com/mcp as claude-ai")
            assert {first.recording.parent, second.recording.parent} == {tmp_path}
            assert first.recording != second.recording
        """
    )
    done = tests.runpytest_subprocess(
        "-o", "asyncio_mode=auto", "-W", "error", "-p", "xdist", "-n2"
    )
    done.assert_outcomes(passed=4)


def test_what_does_not_hold_fails_with_the_report(tests: pytest.Pytester) -> None:
    tests.makepyfile(
        """
        SECRETS = {
            "client_id": "me",
            "client_secret": "the-client-secret",
            "fields": {"password": "the-password"},
            "headers": {"X-Api-Key": "the-api-key"},
        }

        def test_connects(broken, claude):
            claude.check(f"{broken}/mcp", **SECRETS).connects()

        def test_stop(healthy, claude):
            claude.check(f"{healthy}/mcp").fails_at("token")

        def test_finding(healthy, claude):
            claude.check(f"{healthy}/mcp").finds("token-invalid-target", "dcr-missing")

        def test_no_target(claude):
            claude.check("https://user:the-password@h/mcp")
        """
    )
    done = tests.runpytest_subprocess("-p", "no:xdist", "--junitxml=out.xml")
    done.assert_outcomes(failed=4)
    done.stdout.fnmatch_lines(
        [
            '>       claude.check(f"{broken}/mcp", ??SECRETS).connects()',
            "E       AssertionError: Claude should connect",
            "E       FAILS at token: the authorization server refuses the resource parameter",
            "E       1. token-invalid-target *",
            "E       recording  */test_connects0/1-claude-ai.jsonl",
            "E       AssertionError: the connection should fail at token",
            "E       AssertionError: not found: token-invalid-target, dcr-missing",
            "E       *CheckError: Credentials in the URL are not sent by Claude; leave them out.",
        ]
    )
    said = done.stdout.str() + (tests.path / "out.xml").read_text()
    assert "pytest_plugin/checking.py" not in said
    shown = re.sub(r'"[a-z_]+": "the-\S+|"X-Api-Key": .*|"https://user.*', "", said)
    assert not re.search(r"the-(client-secret|password|api-key)", shown)
    kept = next(tests.path.parent.rglob("test_connects0/1-claude-ai.jsonl"))
    assert not re.search(r"the-(client-secret|password|api-key)", kept.read_text())
