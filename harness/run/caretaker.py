"""Removes a throw-away folder and ends what runs in it when its owner is gone, however it went.

Run as a program it is the caretaker: a process that reads from its owner until there is no owner.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TRIES, _PAUSE = 100, 0.05
"""What is being killed may write a last file: removing the folder is tried again, in seconds."""


@dataclass(frozen=True)
class Tended:
    """A folder that does not outlive this process, nor does any process group told of here."""

    folder: Path
    pipe: int

    def began(self, group: int) -> None:
        """Safe between fork and exec, so that no program runs untold."""
        self._tell(b"+%d\n" % group)

    def ended(self, group: int) -> None:
        self._tell(b"-%d\n" % group)

    def _tell(self, line: bytes) -> None:
        # A caretaker that was killed is no reason to stop: its owner removes the folder too.
        with contextlib.suppress(BrokenPipeError):
            os.write(self.pipe, line)


@contextmanager
def tended(prefix: str) -> Iterator[Tended]:
    """A new folder; it is gone when the block ends, and soon after this process is killed."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    caretaker = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # So it is spared by what a terminal or a supervisor sends to our process group.
        start_new_session=True,
    )
    assert caretaker.stdin is not None
    try:
        yield Tended(folder, caretaker.stdin.fileno())
    finally:
        caretaker.stdin.close()
        caretaker.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _tend(folder: str) -> None:
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(_PAUSE)


if __name__ == "__main__":
    _tend(sys.argv[1])
