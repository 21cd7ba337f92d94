"""`--web` of a check: mitmweb beside it, and open after it until somebody has seen enough."""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from harness.model.verdict import Surface
from harness.report.printable import printable
from harness.run.session import Outcome

if TYPE_CHECKING:
    from harness.proxy.web import Page


def tell_page(url: str) -> None:
    """Says where the page is, and what it shows."""
    click.echo(f"mitmweb:  {url}", err=True)
    text = "          for this machine only: requests with their tokens and passwords"
    click.echo(text, err=True)


class Onlooker:
    """Says where the page is, and keeps it open after the run."""

    def opened(self, page: "Page") -> None:
        tell_page(page.url)

    async def judged(self, outcome: Outcome) -> None:
        """Waits for Enter or Ctrl-C."""
        click.echo(printable(outcome.diagnosis.headline), err=True)
        terminal = sys.stdin.isatty()
        ends = "Enter or Ctrl-C ends" if terminal else "Ctrl-C ends"
        click.echo(f"{ends} the page; the report follows.", err=True)
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
        if terminal:
            loop.add_reader(sys.stdin, ended.set)
        try:
            await ended.wait()
        finally:
            if terminal:
                loop.remove_reader(sys.stdin)
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def onlooker(options: Mapping[str, Any], surfaces: Sequence[Surface]) -> Onlooker | None:
    """Who looks on, if anybody; raises UsageError where there would be several runs."""
    if not options["web"]:
        return None
    if len(surfaces) > 1 or options["witness"] is not None:
        raise click.UsageError("--web shows one run: one --surface, and no --witness.")
    return Onlooker()
