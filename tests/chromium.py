"""A Chromium without a window, spoken to through a pair of pipes."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium")


class Chromium:
    """One browser with one page, on a profile of its own."""

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
                "--window-size=1400,900",
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

    def open(self, url: str) -> None:
        self._call("Page.navigate", self._session, url=url)

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

    def picture(self) -> bytes:
        """What the page looks like, as PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot", self._session)["data"])

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
