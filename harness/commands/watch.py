"""`harness watch`: what connects, as it happens, and the report of each attempt."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from harness.commands.onlooker import tell_page
from harness.commands.options import known_failures
from harness.commands.output import RULE, Outputs, outputs, put_out
from harness.diagnosis.missing import is_probe, missing, out_of_sight
from harness.model.trace import Exchange
from harness.model.verdict import Impact, Verdict
from harness.model.wellknown import origin
from harness.recording.file import RecordingError
from harness.report.json import json_report
from harness.report.printable import printable
from harness.report.prose import wrap
from harness.report.text import exit_code, text_report
from harness.run.labels import Page, label, label_judged
from harness.run.session import WATCHED, Outcome
from harness.run.watch import Watch, Watched

if TYPE_CHECKING:
    from harness.proxy.reverse import Reverse

_PRESSED = 20.0
"""Seconds after the user pressed Connect in which something has to arrive."""


def watch(options: Mapping[str, Any]) -> int:
    """Listens until interrupted, prints what comes and what is to be said of it."""
    to = outputs(options["formats"], options["outputs"])
    if options["record"] is not None and options["no_record"]:
        raise click.UsageError("--record and --no-record exclude each other.")
    try:
        return asyncio.run(_watch(options, to))
    except KeyboardInterrupt:
        return 130


async def _watch(options: Mapping[str, Any], to: Outputs) -> int:
    from harness.proxy.body import Limits
    from harness.proxy.engine import ProxyError, engine
    from harness.proxy.route import Route

    reverse = _reverse(options)
    heard = Watch(
        public=_endpoint(options),
        record=options["record"],
        folder=None if options["no_record"] else Path(),
        scenarios=known_failures(options["folder"]),
        path=options["path"] or (urlsplit(options["public"] or "").path.rstrip("/") or None),
    )
    route = Route()
    for server in (reverse.upstream, *reverse.others.values()):
        route.allow(str(server))
    try:
        async with (
            engine(
                routes=route,
                trusted_ca=options["ca_files"],
                reverse=reverse,
                limits=Limits(wire=1 << 20, decoded=2 << 20, ends=False),
                on_untagged=heard.saw,
            ) as running,
            running.page() if options["web"] else contextlib.nullcontext() as page,
        ):
            heard.on_exchange = partial(_heard, page)
            _say(
                f"watching {_listening(reverse.host, running.port)}, in front of {reverse.upstream}"
            )
            for name, server in reverse.others.items():
                _say(f"         and {name}, in front of {server}")
            _say("Put your tunnel in front of it, and press Connect in Claude.")
            if page is not None:
                tell_page(page.url)
            await _listen(heard, options, page)
    except (ProxyError, RecordingError) as error:
        raise click.UsageError(str(error)) from None
    finally:
        heard.close()
    return _end(heard, options, to)


def _reverse(options: Mapping[str, Any]) -> "Reverse":
    """Where to listen and what lies behind; raises UsageError for what is no address."""
    from harness.proxy.origin import parse_origin
    from harness.proxy.reverse import Reverse, server_behind

    host, port = _place(options["listen"])
    try:
        pairs = [one.partition("=") for one in options["also"]]
        if any(not local for _, _, local in pairs):
            raise ValueError("--also-upstream takes PUBLIC=LOCAL, two addresses")
        return Reverse(
            upstream=server_behind(options["upstream"]),
            public=parse_origin(options["public"]) if options["public"] else None,
            others={server_behind(one): server_behind(local) for one, _, local in pairs},
            host=host,
            port=port,
        )
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None


def _endpoint(options: Mapping[str, Any]) -> str:
    """The URL that is entered in Claude, as far as it is known beforehand."""
    given = options["public"] or options["upstream"]
    if options["path"] is None and urlsplit(given).path.strip("/"):
        return str(given)
    return origin(given) + (options["path"] or "/mcp")


def _place(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise click.UsageError(f"--listen {listen} is not HOST:PORT or a port.")
    return host.strip("[]") or "127.0.0.1", int(port)


async def _listen(heard: Watch, options: Mapping[str, Any], page: Page | None) -> None:
    """Until Ctrl-C or the end of the time: tell each attempt when it falls silent."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    pressed: list[float] = []
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if terminal:
        _say("Enter: tell that Connect was pressed just now.  Ctrl-C: end, with all reports.")
        loop.add_reader(sys.stdin, _pressed, pressed)
    until = time.monotonic() + options["seconds"] if options["seconds"] else None
    try:
        while not ended.is_set() and (until is None or time.monotonic() < until):
            if heard.broken is not None:
                raise heard.broken
            for one in heard.quiet(time.time(), seconds=options["quiet"]):
                outcome = one.outcome(heard.scenarios)
                click.echo("\n" + _report(outcome))
                if page is not None:
                    label_judged(page, one.ids, outcome, one.who)
            if pressed and time.time() - pressed[0] > _PRESSED:
                since = pressed.pop(0)
                if heard.heard is None or heard.heard < since:
                    await _nothing_came(options)
            try:
                async with asyncio.timeout(0.25):
                    await ended.wait()
            except TimeoutError:
                continue
    finally:
        if terminal:
            loop.remove_reader(sys.stdin)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _pressed(pressed: list[float]) -> None:
    sys.stdin.readline()
    pressed.append(time.time())
    _say(f"noted; something has to arrive within {_PRESSED:.0f} s")


async def _nothing_came(options: Mapping[str, Any]) -> None:
    """Nothing arrived: say whether the way here is open, by going it ourselves."""
    click.echo("")
    if options["public"] is None:
        text = (
            f"Nothing arrived within {_PRESSED:.0f} s. With --public URL, the address that was "
            "entered in Claude, the way from outside would be tried now."
        )
        _wrapped(text)
        return
    url = _endpoint(options)
    command = [sys.executable, "-m", "harness", "check", url, "--until", "challenge"]
    check = await asyncio.create_subprocess_exec(
        *command, "--no-record", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    out, _ = await check.communicate()
    if check.returncode == 0:
        _wrapped(
            f"Nothing arrived within {_PRESSED:.0f} s, and {url} can be reached from here: no "
            "public cause is found. Either another URL is entered in Claude, or a rule of an edge "
            "lets this machine through and not Anthropic's addresses (160.79.104.0/21), or the "
            "attempt ended inside Claude (an about:blank page, step=start_error): try it again "
            "later, in another browser."
        )
        return
    _wrapped(f"Nothing arrived within {_PRESSED:.0f} s, and the way to {url} is not open:")
    click.echo("")
    click.echo(out.decode(errors="replace"), nl=False)


def _heard(page: Page | None, one: Watched, exchange: Exchange) -> None:
    _line(one, exchange)
    if page is not None:
        label(page, one.ids, exchange, one.who)


def _line(one: Watched, exchange: Exchange) -> None:
    """One exchange in a line of 80 columns."""
    clock = time.strftime("%H:%M:%S", time.localtime(exchange.started))
    place = exchange.request.url.partition("://")[2].partition("/")[2].partition("?")[0]
    outcome = exchange.status or (exchange.failure.kind if exchange.failure else "-")
    took = f"{exchange.timing.total:.0f} ms"
    who = printable(one.attempt.client)
    # The name without its version, where both are too long.
    who = (who if len(who) <= 13 else who.rpartition(" ")[0] or who)[:13]
    asked = printable(f"{exchange.request.method} /{place}")
    room = 80 - 49 - len(took)
    asked = asked if len(asked) <= room else f"{asked[: room - 1]}…"
    click.echo(
        f"{clock} {one.attempt.number:>2} {who:<13} {exchange.step:<17} "
        f"{asked:<{room}} {outcome!s:<3} {took}"
    )


def _report(outcome: Outcome) -> str:
    """The report of one attempt, and what did not come."""
    return "\n".join(_report_lines(outcome)) + "\n"


def _report_lines(outcome: Outcome) -> Iterator[str]:
    if is_probe(outcome.trace):
        client = outcome.trace.choices[WATCHED]
        text = f"{client} asked without a token, was answered 401, and asked nothing more."
        yield from wrap(printable(text), "", "")
    else:
        yield text_report(outcome.trace, outcome.diagnosis).rstrip("\n")
    gone = missing(outcome.trace)
    explained = any(one.root_cause for one in outcome.diagnosis.findings)
    if gone is not None and not explained:
        yield ""
        yield from wrap(gone, "missing    ", " " * 11)
    elif outcome.diagnosis.verdict is Verdict.CONNECTS and (hidden := out_of_sight(outcome.trace)):
        yield ""
        text = f"what went to {printable(hidden)} is not behind this proxy and was not seen"
        yield from wrap(text, "not seen   ", " " * 11)


def _end(heard: Watch, options: Mapping[str, Any], to: Outputs) -> int:
    """The reports of all attempts; 1 when one failed, 4 when none came to an end."""
    outcomes = [(one, one.outcome(heard.scenarios)) for one in heard.found.values()]
    if heard.others:
        agents = ", ".join(
            f"{n} by {printable(one)[:40]}" for one, n in heard.others.most_common(3)
        )
        _say(f"{sum(heard.others.values())} other requests, no part of a connection: {agents}")
    for one, _ in outcomes:
        if one.more:
            _say(f"{one.who}: {one.more} further good calls, passed on and not kept")
    if not outcomes:
        _wrapped("Nothing that connects to an MCP server came.")
        return 4
    runs = [(one.trace, one.diagnosis) for _, one in outcomes]
    to_terminal = [one for one, outcome in outcomes if len(outcome.trace.exchanges) > one.told]
    told = to_terminal if ("text", None) in to else list(heard.found.values())
    text = partial(_whole, outcomes, told)
    put_out({"text": text, "json": partial(json_report, runs)}, to)
    codes = [
        exit_code(one.diagnosis, Impact(options["fail_on"]))
        for _, one in outcomes
        if not is_probe(one.trace)
    ]
    return next((code for code in (1, 4, 0) if code in codes), 4)


def _whole(outcomes: Sequence[tuple[Watched, Outcome]], in_full: Sequence[Watched]) -> str:
    """The reports that were not printed yet, and a line for every attempt."""
    reports = [_report(outcome) for one, outcome in outcomes if one in in_full]
    lines = [
        f"{one.attempt.number:>2} {printable(one.attempt.client):<20} "
        f"{'only asked' if is_probe(outcome.trace) else printable(outcome.diagnosis.headline)}"[:80]
        for one, outcome in outcomes
    ]
    return "\n" + RULE.join([*reports, "\n".join(lines) + "\n"])


def _listening(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _wrapped(text: str) -> None:
    for line in wrap(text, "", ""):
        click.echo(line)


def _say(text: str) -> None:
    click.echo(text, err=True)
