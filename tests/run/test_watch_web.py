"""`harness watch --web`: the page of mitmweb while a watch runs, in a real browser."""

import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from chromium import CHROMIUM, Chromium
from watching import before, check, watching

from harness.diagnosis.catalogue import scenario
from harness.model.verdict import Surface, Verdict
from harness.run.reference import reference

LISTED = """(async () => {
  await new Promise(done => {
    const look = () => document.body?.innerText.includes(%s) && done();
    new MutationObserver(look).observe(document, {
      childList: true, subtree: true, characterData: true
    });
    look();
  });
  return document.body.innerText;
})()"""
OPEN = """(async () => {
  const rows = [...document.querySelectorAll("tr, .flow-table tbody tr")];
  const row = rows.find(one => one.innerText.includes(%s));
  row.dispatchEvent(new MouseEvent("click", {bubbles: true}));
  const tab = await new Promise(done => {
    const look = () => {
      const found = [...document.querySelectorAll("nav a")].find(one => one.innerText == "Comment");
      found && done(found);
    };
    new MutationObserver(look).observe(document, {childList: true, subtree: true});
    look();
  });
  tab.dispatchEvent(new MouseEvent("click", {bubbles: true}));
  return await new Promise(done => {
    const look = () => {
      const found = document.querySelector(".flow-detail section");
      found && found.innerText.includes("exchange") && done(found.innerText);
    };
    new MutationObserver(look).observe(document, {
      childList: true, subtree: true, characterData: true
    });
    look();
  });
})()"""


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium")
async def test_a_browser_shows_what_each_request_was_and_where_it_stops(tmp_path: Path) -> None:
    found = scenario("token-invalid-target")
    assert found is not None
    async with (
        reference((found,)) as server,
        watching(
            tmp_path, server.maps[0][1], *before(server), "--web", "--quiet", "0.5"
        ) as running,
    ):
        assert running.page is not None
        browser = await asyncio.to_thread(Chromium, tmp_path / "profile")
        try:
            browser.open(running.page.partition("?")[0])
            refused = await asyncio.to_thread(browser.run, LISTED % '"mitmproxy"')
            assert "/mcp" not in refused
            browser.open(running.page)
            assert await check(server, running, Surface.CLAUDE_AI) is Verdict.FAILS
            shown = await asyncio.to_thread(browser.run, LISTED % '"token-invalid-target"')
            assert "/.well-known/oauth-protected-resource" in shown
            said = await asyncio.to_thread(browser.run, OPEN % '"/oauth/token"')
            (tmp_path / "page.png").write_bytes(await asyncio.to_thread(browser.picture))
        finally:
            await asyncio.to_thread(browser.close)
        code, _, _ = await running.end()
        assert code == 1
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection("127.0.0.1", urlsplit(running.page).port)
    assert re.search(r"token: exchange \d+ of attempt 1, claude\.ai; token-invalid", said)


async def test_the_marks_follow_the_report_and_the_page_tells_what_it_shows(
    tmp_path: Path,
) -> None:
    found = scenario("prm-requires-auth")
    assert found is not None
    async with (
        reference((found,)) as server,
        watching(
            tmp_path, server.maps[0][1], *before(server), "--web", "--quiet", "0.5"
        ) as running,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        assert running.page is not None
        assert "tokens and passwords" in running.said
        assert running.said.count("?token=") == 1
        assert await check(server, running, Surface.CLAUDE_AI) is Verdict.FAILS
        base, _, token = running.page.partition("?token=")
        headers = {"Authorization": f"Bearer {token}"}
        async with asyncio.timeout(20):
            while True:
                flows = (await client.get(f"{base}flows", headers=headers)).json()
                marked = [one for one in flows if one["marked"]]
                if any("prm-requires-auth" in one["comment"] for one in marked):
                    break
        code, out, (attempt,) = await running.end()
    assert code == 1
    assert "?token=" not in out
    assert all(one["comment"].partition(",")[0] for one in flows)
    quoted = {
        spot["exchange"]
        for one in attempt["findings"]
        if one["impact"] in ("breaks", "degrades")
        for spot in one["evidence"]
    }
    numbers = {int(one["comment"].split("exchange ")[1].split()[0]) for one in marked}
    assert quoted <= numbers
