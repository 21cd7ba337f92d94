"""mitmweb's page onto a running proxy: what it shows, what it may do, and that it goes away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from proxy_lab import Proxied, Start, answers, ok, serve, then_close
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from harness.model.captured import Captured
from harness.model.trace import FailureKind
from harness.model.verdict import Impact
from harness.proxy import shown
from harness.proxy.route import Route
from harness.proxy.web import Page

XSRF = "ab" * 16


@asynccontextmanager
async def browser(page: Page) -> AsyncIterator[httpx.AsyncClient]:
    """What a page that was opened with its token can ask for."""
    base, _, token = page.url.partition("?token=")
    headers = {"Authorization": f"Bearer {token}", "X-XSRFToken": XSRF}
    cookies = {"_mitmproxy_xsrf": XSRF}
    async with httpx.AsyncClient(
        base_url=base, headers=headers, cookies=cookies, trust_env=False
    ) as client:
        yield client


async def listed(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    flows: list[dict[str, Any]] = (await client.get("/flows")).raise_for_status().json()
    return flows


async def until(client: httpx.AsyncClient, ready: Callable[[dict[str, Any]], bool]) -> str:
    """The id of the first flow for which something holds."""
    async with asyncio.timeout(10):
        while True:
            for flow in await listed(client):
                if ready(flow):
                    return str(flow["id"])


def leading_to(url: str) -> Route:
    route = Route()
    route.allow(url)
    return route


async def test_only_the_token_opens_it_and_only_under_our_own_name(proxied: Start) -> None:
    async with proxied(Route()) as proxy, proxy.engine.page() as page:
        place = urlsplit(page.url)
        assert place.hostname == "127.0.0.1"
        base = f"http://127.0.0.1:{place.port}"
        async with httpx.AsyncClient(trust_env=False) as client:
            for path in ("/", "/flows", "/options", "/flows/dump", "/?token=", "/?token=wrong"):
                assert (await client.get(base + path)).status_code == 403
            with pytest.raises(HTTPClientError, match="403"):
                await websocket_connect(f"ws://127.0.0.1:{place.port}/updates")
            assert (await client.get(page.url, headers={"Host": "localhost"})).status_code == 200
            for name in ("rebound.example", "127.0.0.1.rebound.example", ""):
                # The cookie of the page that was opened above is with it.
                got = await client.get(base + "/flows", headers={"Host": name})
                assert got.status_code == 403 if name else 400
            assert (await client.get(base + "/flows")).status_code == 200


async def test_flows_are_listed_with_what_is_said_of_them_and_their_bodies(proxied: Start) -> None:
    got: list[Captured] = []
    async with (
        serve(answers(ok(b'{"a": 1}'), ok(b'{"b": 2}'))) as server,
        proxied(leading_to(server.http)) as proxy,
        proxy.engine.page() as page,
    ):
        got.append(await proxy.send("POST", f"{server.http}/earlier", json={"asked": True}))
        async with browser(page) as client:
            assert [one["request"]["path"] for one in await listed(client)] == ["/earlier"]
            got.append(await proxy.get(f"{server.http}/later"))
            page.annotate(got[0].id, "token: exchange 1", Impact.BREAKS)
            page.annotate(got[1].id, "session: exchange 2", None)
            page.annotate("of none", "nothing", None)
            flows = await listed(client)
            assert [(one["request"]["path"], one["comment"], one["marked"]) for one in flows] == [
                ("/earlier", "token: exchange 1", "🔴"),
                ("/later", "session: exchange 2", ""),
            ]
            bodies = [
                (await client.get(f"/flows/{one['id']}/{side}/content.data")).content
                for one in flows
                for side in ("request", "response")
            ]
            assert bodies == [b'{"asked":true}', b'{"a": 1}', b"", b'{"b": 2}']
            page.annotate(got[0].id, "token: judged", None)
            await client.put(f"/flows/{got[1].id}", json={"comment": "mine"})
            page.annotate(got[1].id, "session: judged", None)
            assert [one["comment"] for one in await listed(client)] == ["token: judged", "mine"]
            dump = await client.get("/flows/dump")
            assert b"/earlier" in dump.raise_for_status().content


async def test_changes_are_told_at_once(proxied: Start) -> None:
    async with (
        serve(answers(ok())) as server,
        proxied(leading_to(server.http)) as proxy,
        proxy.engine.page() as page,
    ):
        async with browser(page) as client:
            headers = dict(client.headers)
        asked = HTTPRequest(
            f"ws://127.0.0.1:{urlsplit(page.url).port}/updates",
            headers={"Authorization": headers["authorization"]},
        )
        updates = await websocket_connect(asked)
        await proxy.get(f"{server.http}/told")
        async with asyncio.timeout(10):
            message = await updates.read_message()
        assert message is not None
        assert '"flows/add"' in str(message)
        assert "/told" in str(message)


async def test_what_reaches_beyond_the_flows_is_refused(proxied: Start) -> None:
    refused: dict[str, object] = {
        "confdir": "/tmp/other",
        "listen_port": 1,
        "mode": ["regular", "reverse:http://127.0.0.1:1"],
        "ssl_insecure": True,
        "certs": ["/etc/passwd"],
        "web_password": "known",
        "client_certs": "/etc",
        "connection_strategy": "eager",
    }
    async with (
        serve(answers(ok())) as server,
        proxied(leading_to(server.http)) as proxy,
        proxy.engine.page() as page,
        browser(page) as client,
    ):
        flow = (await proxy.get(server.http)).id
        before = (await client.get("/options")).json()
        for name, value in refused.items():
            assert name in before
            for path in ("/options", "/options.json"):
                got = await client.put(path, json={name: value, "intercept": "~all"})
                assert got.status_code == 403
        for path in (
            *("/commands/set", "/commands/options.save", "/commands/view.flows.load"),
            *("/flows/dump", f"/flows/{flow}/replay", "/options/save"),
        ):
            got = await client.post(path, json={"arguments": []})
            assert got.status_code == 403
        assert (await client.get("/processes")).status_code == 403
        assert (await client.get("/executable-icon?path=/bin/sh")).status_code == 403
        assert (await client.get("/options")).json() == before
        unsigned = await client.put("/options", json={}, headers={"X-XSRFToken": "other"})
        assert unsigned.status_code == 403
        assert (await client.put("/options", json={"view_order": "size"})).status_code == 200
        assert (await client.get("/options")).json()["view_order"]["value"] == "size"


@asynccontextmanager
async def paused(
    proxied: Start,
) -> AsyncIterator[tuple[list[bytes], asyncio.Task[Captured], httpx.AsyncClient, str, Proxied]]:
    """What the server saw, and a request that an intercept set in the page holds."""
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ok())

    async with (
        serve(talk) as server,
        proxied(leading_to(server.http), patience=30.0) as proxy,
        proxy.engine.page() as page,
        browser(page) as client,
    ):
        (await client.put("/options", json={"intercept": "~u held"})).raise_for_status()
        sender = asyncio.create_task(proxy.get(f"{server.http}/held"))
        flow = await until(client, lambda one: bool(one["intercepted"]))
        yield seen, sender, client, flow, proxy


async def test_an_intercept_pauses_a_request_and_resuming_lets_it_go_on(proxied: Start) -> None:
    async with paused(proxied) as (seen, sender, client, flow, _):
        assert seen == []
        assert not sender.done()
        (await client.post(f"/flows/{flow}/resume")).raise_for_status()
        got = await sender
        assert got.response is not None
        assert got.response.status == 200
        assert seen[0].startswith(b"GET /held ")


async def test_a_request_edited_while_paused_is_recorded_as_it_went_out(proxied: Start) -> None:
    async with paused(proxied) as (seen, sender, client, flow, _):
        edit = {"request": {"path": "/other", "headers": [["x-edited", "1"], ["host", "h"]]}}
        (await client.put(f"/flows/{flow}", json=edit)).raise_for_status()
        (await client.post(f"/flows/{flow}/resume")).raise_for_status()
        got = await sender
        assert seen[0].startswith(b"GET /other ")
        assert got.request.url.endswith("/other")
        assert got.request.header("x-edited") == "1"


async def test_an_edit_that_is_taken_back_leaves_no_trace(proxied: Start) -> None:
    async with paused(proxied) as (seen, sender, client, flow, _):
        (await client.put(f"/flows/{flow}", json={"request": {"path": "/x"}})).raise_for_status()
        (await client.post(f"/flows/{flow}/revert")).raise_for_status()
        (await client.post(f"/flows/{flow}/resume")).raise_for_status()
        assert (await sender).request.url.endswith("/held")
        assert seen[0].startswith(b"GET /held ")


@pytest.mark.parametrize("way", ["kill", "delete"])
async def test_a_paused_request_that_is_killed_ends_at_once(way: str, proxied: Start) -> None:
    async with paused(proxied) as (seen, sender, client, flow, _):
        if way == "kill":
            (await client.post(f"/flows/{flow}/kill")).raise_for_status()
        else:
            (await client.delete(f"/flows/{flow}")).raise_for_status()
        got = await asyncio.wait_for(sender, 10)
        assert got.failure is not None
        assert got.failure.kind is FailureKind.OTHER
        assert "stopped by hand" in got.failure.text
        assert seen == []


async def test_nothing_goes_out_for_a_client_that_left_while_paused(proxied: Start) -> None:
    async with paused(proxied) as (seen, sender, client, flow, proxy):
        await proxy.client.aclose()
        sender.cancel()
        await until(client, lambda one: one["id"] == flow and not one["intercepted"])
        (await client.post("/flows/resume")).raise_for_status()
        await until(client, lambda one: one["id"] == flow and "error" in one)
        assert seen == []


async def test_the_oldest_flows_leave_and_those_in_progress_stay(
    proxied: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "MOST_FLOWS", 3)
    async with paused(proxied) as (_, sender, client, flow, proxy):
        port = (await listed(client))[0]["request"]["port"]
        for number in range(5):
            await proxy.get(f"http://127.0.0.1:{port}/{number}")
        paths = [one["request"]["path"] for one in await listed(client)]
        assert paths == ["/held", "/3", "/4"]
        await client.post(f"/flows/{flow}/resume")
        assert (await sender).failure is None


async def test_their_bodies_together_are_bounded(
    proxied: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "MOST_BYTES", 2500)
    async with (
        serve(answers(ok(bytes(1000)))) as server,
        proxied(leading_to(server.http)) as proxy,
        proxy.engine.page() as page,
        browser(page) as client,
    ):
        for number in range(6):
            await proxy.get(f"{server.http}/{number}")
        assert [one["request"]["path"] for one in await listed(client)] == ["/3", "/4", "/5"]


async def test_a_broken_body_is_shown_as_far_as_it_came(proxied: Start) -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it"
    async with (
        serve(then_close(half)) as server,
        proxied(leading_to(server.http)) as proxy,
        proxy.engine.page() as page,
        browser(page) as client,
    ):
        flow = (await proxy.get(server.http)).id
        assert (await client.get(f"/flows/{flow}/response/content.data")).content == b"half of it"


async def test_afterwards_nothing_listens_no_task_is_left_and_the_proxy_goes_on(
    proxied: Start,
) -> None:
    async with serve(answers(ok())) as server, proxied(leading_to(server.http)) as proxy:
        await proxy.get(server.http)
        for _ in range(2):
            before = asyncio.all_tasks()
            async with proxy.engine.page() as page, browser(page) as client:
                port = urlsplit(page.url).port
                await listed(client)
                asked = HTTPRequest(
                    f"ws://127.0.0.1:{port}/updates",
                    headers={"Authorization": client.headers["authorization"]},
                )
                updates = await websocket_connect(asked)
            async with asyncio.timeout(10):
                while await updates.read_message() is not None:
                    pass
            assert asyncio.all_tasks() - before == set()
            with pytest.raises(OSError, match="Connect call failed"):
                await asyncio.open_connection("127.0.0.1", port)
            assert (await proxy.get(server.http)).failure is None


async def test_the_end_lets_nothing_paused_go_out(proxied: Start) -> None:
    before = asyncio.all_tasks()
    async with paused(proxied) as (seen, sender, _, _, _):
        pass
    got = await asyncio.wait_for(sender, 10)
    assert got.failure is not None
    assert seen == []
    left = asyncio.all_tasks() - before
    assert [one for one in left if "handle_hook" in one.get_name()] == []
