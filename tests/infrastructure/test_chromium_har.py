"""Chromium's own DevTools read our HAR, and what they write of it is judged as the run was."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from foreign_formats import HEALTHY

from harness.diagnosis.diagnose import diagnose
from harness.model.verdict import Verdict
from harness.recording.har import read_har
from harness.run.export import export
from harness.run.imported import imported

CHROMIUM = shutil.which("chromium")
DEVTOOLS = "devtools://devtools/bundled/devtools_app.html"
READ = """(async () => {
  // The application has its settings and its words once it shows something.
  await new Promise(done => {
    const look = () => document.querySelector(".root-view") && done();
    new MutationObserver(look).observe(document, {childList: true, subtree: true});
    look();
  });
  const har = await import("./models/har/har.js");
  const log = new har.HARFormat.HARRoot(JSON.parse(%s)).log;
  globalThis.requests = har.Importer.Importer.requestsFromHARLog(log);
  return JSON.stringify(await Promise.all(requests.map(async one => [
    one.requestMethod, one.url(), one.statusCode, (await one.requestFormData()) ?? "",
    (await one.requestContentData()).text ?? ""])));
})()"""
WRITE = """(async () => {
  const har = await import("./models/har/har.js");
  const progress = {
    createSubProgress: () => progress, canceled: false, done: false, totalWork: 0, worked: 0,
  };
  return await har.Writer.Writer.harStringForRequests(requests, {sanitize: %s}, progress);
})()"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")


class DevTools:
    """A page of DevTools without a window, spoken to through a pair of pipes."""

    def __init__(self, profile: Path) -> None:
        ours, theirs = os.pipe(), os.pipe()
        self._write, self._read = ours[1], theirs[0]
        # The program wants its ends at 3 and 4, where the pipes may lie already.
        ends = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (ours[0], theirs[1])]

        def place() -> None:
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self._program = subprocess.Popen(
            [
                *(str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu"),
                *("--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"),
            ],
            preexec_fn=place,
            pass_fds=(3, 4),
            stderr=subprocess.DEVNULL,
        )
        for fd in (ours[0], theirs[1], *ends):
            os.close(fd)
        self._number, self._left = 0, b""
        page = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        self._call("Page.navigate", self._session, url=DEVTOOLS)

    def run(self, script: str) -> str:
        """The text that a script comes to."""
        found = self._call(
            "Runtime.evaluate",
            self._session,
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in found, found
        return str(found["result"]["value"])

    def close(self) -> None:
        self._program.terminate()
        self._program.wait(20)
        os.close(self._write)
        os.close(self._read)

    def _call(self, method: str, session: str | None = None, /, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        left = json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0"
        while left:
            left = left[os.write(self._write, left) :]
        while True:
            while b"\0" not in self._left:
                piece = os.read(self._read, 1 << 16)
                assert piece, "chromium is gone"
                self._left += piece
            one, _, self._left = self._left.partition(b"\0")
            answer = json.loads(one)
            if answer.get("id") == self._number:
                result: dict[str, Any] = answer["result"]
                return result


@pytest.fixture(scope="module")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevTools]:
    page = DevTools(tmp_path_factory.mktemp("profile"))
    yield page
    page.close()


def test_devtools_read_every_request_and_their_own_export_connects_too(
    devtools: DevTools,
) -> None:
    har = export(HEALTHY, "har").decode()
    read = json.loads(devtools.run(READ % json.dumps(har)))
    expected = [
        [one.request.method, one.request.url, one.status, one.request.text, one.response.text]
        for one in HEALTHY.exchanges
        if one.response is not None
    ]
    assert [one[:4] for one in read] == [one[:4] for one in expected]
    assert [one[4] for one in read] == [one[4] for one in expected]
    for sanitized in ("false", "true"):
        again = imported(read_har(devtools.run(WRITE % sanitized).encode()))
        assert again.target == HEALTHY.target
        diagnosis = diagnose(again)
        assert diagnosis.verdict is Verdict.CONNECTS
        assert diagnosis.findings == ()
        carried = [one.request.header("authorization") for one in again.exchanges]
        assert any(carried) is (sanitized == "false")
