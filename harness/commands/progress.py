"""One changing line on stderr while a run is going, only where somebody can see it."""

import shutil
import sys
from types import TracebackType
from typing import Self

from harness.model.trace import Exchange, Note, NoteKind
from harness.report.printable import printable


class Progress:
    """Shows the latest exchange; silent when stderr is no terminal.

    `keep` leaves each on a line of its own, between the prompts of a run that pauses; `about` puts
    the name of a surface before it, where several are played.
    """

    def __init__(self, *, keep: bool = False) -> None:
        self._visible = sys.stderr.isatty()
        self._keep = keep

    def __call__(self, item: Exchange | Note, /, *, about: str = "") -> None:
        if not self._visible:
            return
        who = f"{about}  " if about else ""
        if isinstance(item, Exchange):
            outcome = item.status or (item.failure.kind if item.failure else "")
            self._show(f"{who}{item.step}  {item.request.method} {item.request.url}  {outcome}")
        elif item.kind is NoteKind.WAIT:
            self._show(f"{who}{item.step}  {item.text}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()

    def clear(self) -> None:
        if self._visible and not self._keep:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _show(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        line = printable(text)[:width]
        sys.stderr.write(f"{line}\n" if self._keep else f"\r\x1b[K{line}")
        sys.stderr.flush()
