"""A real nginx in front of the reference server: its rules are recognised, its health is silent."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from live import checked

from harness.client.choices import Choices, Registration
from harness.model.verdict import Impact, Verdict
from harness.run.check import Plan
from harness.run.session import Outcome
from reference_server.serve import running

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx here")

TARGET = "https://mcp.reference.test/mcp"
NAMES = ("mcp.reference.test", "auth.reference.test", "www.mcp.reference.test")
CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {http}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/chain.pem;
        ssl_certificate_key {folder}/key.pem;
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header Connection "";
        proxy_buffering off;
        absolute_redirect off;
        {server}
        location / {{
            {location}
            proxy_pass http://127.0.0.1:{upstream};
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Rule:
    """A configuration as people have it, and what it does to Claude."""

    finds: str | None
    verdict: Verdict = Verdict.FAILS
    http: str = ""
    server: str = ""
    location: str = ""
    registration: Registration = Registration.AUTO


WELL_KNOWN = "location /.well-known/oauth-protected-resource"
PASS = "proxy_pass http://127.0.0.1:$upstream_port;"
RULES = {
    "healthy": Rule(None, Verdict.CONNECTS),
    "blocks the AI agent": Rule(
        "edge-blocks-claude-user-agent",
        server='if ($http_user_agent ~ "Claude-User") { return 403 "Your request was blocked."; }',
    ),
    "asks for basic authentication": Rule(
        "prm-requires-auth",
        server=f'{WELL_KNOWN} {{ auth_basic "staging"; auth_basic_user_file /dev/null; {PASS} }}',
    ),
    "serves the single-page application": Rule(
        "prm-html-spa-fallback",
        server=f'{WELL_KNOWN} {{ default_type text/html; return 200 "<!doctype html>app"; }}',
    ),
    "hides the challenge": Rule(
        "challenge-missing",
        Verdict.CONNECTS,
        location="proxy_hide_header WWW-Authenticate;",
    ),
    "strips the token": Rule(
        "authorization-header-stripped",
        # A header set here drops those set above, nginx's best known trap: so Host again.
        location='proxy_set_header Host $host; proxy_set_header Authorization "";',
    ),
    "moves to www": Rule(
        "cross-host-redirect-drops-auth",
        server=(
            "location = /mcp { if ($host = mcp.reference.test) "
            "{ return 308 https://www.mcp.reference.test/mcp; } "
            f"proxy_set_header Host mcp.reference.test; {PASS} }}"
        ),
    ),
    "forgets the scheme": Rule(
        "prm-http-scheme-behind-proxy",
        server=(
            f"{WELL_KNOWN} {{ sub_filter_types application/json; sub_filter_once off; "
            f'sub_filter "https://" "http://"; {PASS} }}'
        ),
    ),
    "adds a language": Rule(
        "i18n-locale-prefix",
        server=f"{WELL_KNOWN} {{ return 307 /en$request_uri; }}",
    ),
    "has no registration": Rule(
        "dcr-endpoint-404",
        server="location = /oauth/register { return 404; }",
        registration=Registration.DCR,
    ),
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def nginx(rule: Rule, upstream: int, folder: Path) -> AsyncIterator[int]:
    """nginx with a rule; yields its port."""
    port = free_port()
    text = CONFIGURATION.format(
        folder=folder,
        port=port,
        upstream=upstream,
        http=rule.http,
        server=rule.server.replace("$upstream_port", str(upstream)),
        location=rule.location,
    )
    (folder / "nginx.conf").write_text(text)
    process = await asyncio.create_subprocess_exec(
        *("nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        for _ in range(200):
            assert process.returncode is None, (await process.communicate())[1].decode()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                break
        yield port
    finally:
        process.terminate()
        await process.wait()


async def behind(rule: Rule, folder: Path) -> Outcome:
    ca = trustme.CA()
    leaf = ca.issue_cert(*NAMES)
    (folder / "chain.pem").write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
    (folder / "key.pem").write_bytes(leaf.private_key_pem.bytes())
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    async with running(tls=False) as server, nginx(rule, server.port, folder) as port:
        plan = Plan(
            choices=Choices(target=TARGET, registration=rule.registration),
            maps=tuple((f"https://{name}", f"https://127.0.0.1:{port}") for name in NAMES),
            ca_files=(folder / "ca.pem",),
        )
        return await checked(folder / "run.jsonl", plan=plan)


@pytest.mark.parametrize("name", RULES)
async def test_what_nginx_does_is_named(name: str, tmp_path: Path) -> None:
    rule = RULES[name]
    outcome = await behind(rule, tmp_path)
    diagnosis = outcome.diagnosis
    assert diagnosis.verdict is rule.verdict, diagnosis.headline
    assert diagnosis.unexplained == ()
    noted = [one for one in diagnosis.findings if one.impact is not Impact.ADVISORY]
    assert [one.id for one in noted][:1] == ([rule.finds] if rule.finds else [])
