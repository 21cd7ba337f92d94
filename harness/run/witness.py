"""Has the installed Claude Code connect to a target, through the same proxy, without an account."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.client.choices import Choices
from harness.diagnosis.catalogue import Scenario
from harness.diagnosis.known import Known
from harness.model.captured import Captured
from harness.model.trace import NoteKind, Step
from harness.model.verdict import Surface
from harness.model.wellknown import query
from harness.profiles import profile
from harness.proxy.callback import CLAUDE_CALLBACK
from harness.run.check import Bench, bench, start
from harness.run.claude_program import (
    GRACE,
    Program,
    WitnessError,
    last_line,
    program,
    said,
    started,
)
from harness.run.drive import Drive
from harness.run.hearing import Hearing
from harness.run.plan import Plan
from harness.run.session import Log, Outcome, Watcher, open_log

NAME = "harness"
"""What the server's entry is called in the throw-away configuration."""

_URL = re.compile(r"https?://\S*[?&]response_type=\S+(?=\s)")


@dataclass(frozen=True)
class Patience:
    """Seconds that each part may take."""

    short: float = 30.0
    list: float = 100.0
    """A connection alone may take 30 seconds, and discovery twice that."""
    login: float = 150.0
    finish: float = 100.0


async def witnessed(
    plan: Plan,
    *,
    binary: Path,
    record: Path | None = None,
    folder: Path | None = None,
    seconds: float | None = None,
    watcher: Watcher | None = None,
    opened: Callable[[Log], None] | None = None,
    known: Sequence[Scenario] | None = None,
    patience: Patience = Patience(),
) -> Outcome:
    """One connection of the real client, from an empty configuration to the verdict.

    Recorded as `checked` does. Raises WitnessError when the program cannot be run.
    """
    ears: list[Hearing] = []

    def hear(captured: Captured) -> None:
        for one in ears:
            one.saw(captured)

    plan = replace(plan, surface=Surface.CLAUDE_CODE)
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(bench(plan, on_untagged=hear))
        # The program answers its redirect URI itself, at a port of its own.
        one.wire.engine.callback.redirect_uri = CLAUDE_CALLBACK
        one.wire.engine.route.allow(one.choices.target)
        claude = stack.enter_context(_program(one, binary))
        version = (await said(claude, "--version", seconds=patience.short)).strip()
        trace = start(one)
        trace = replace(trace, choices={**trace.choices, "witness": version[:100]})
        log = open_log(
            trace,
            record=record,
            folder=folder,
            label="claude-code-witness",
            secret_headers=one.choices.headers,
            watcher=watcher,
            opened=opened,
            known=known,
        )
        drive = Drive(
            trace=trace,
            send=one.wire,
            sink=log,
            browser_headers=profile(plan.surface).browser_headers,
            fields=plan.fields,
        )
        hearing = Hearing(drive, Known(target=trace.target), one.wire.engine.route, one.wire)
        drive.send = hearing.send
        ears.append(hearing)
        try:
            await _connect(claude, hearing, one.choices, seconds=seconds, patience=patience)
        finally:
            hearing.listening = False
            log.close(time.time())
        await _leave(claude, hearing, patience)
        if hearing.broken is not None:
            raise hearing.broken
    return log.outcome()


async def _connect(
    claude: Program,
    hearing: Hearing,
    choices: Choices,
    *,
    seconds: float | None,
    patience: Patience,
) -> None:
    try:
        async with asyncio.timeout(seconds):
            await said(claude, *_add(choices), seconds=patience.short)
            state = await _listed(claude, hearing, patience)
            if _asked_to_sign_in(hearing):
                if not await _login(claude, hearing, patience):
                    return
                state = await _listed(claude, hearing, patience)
            if "connected" not in state.lower() or "failed" in state.lower():
                # It gives up at once, so what it asked last is what went wrong.
                hearing.stop(f"claude mcp list says: {state}", at=hearing.last_step)
    except TimeoutError:
        hearing.note(NoteKind.ABORTED, f"the run took longer than {seconds:g} seconds")
    except WitnessError as error:
        hearing.note(NoteKind.ABORTED, str(error))
    except asyncio.CancelledError:
        hearing.note(NoteKind.ABORTED, "the run was interrupted")
        raise


def _asked_to_sign_in(hearing: Hearing) -> bool:
    """True where the server refused the first call; the program may call that a failure."""
    return any(one.status in (401, 403) for one in hearing.trace.at(Step.CHALLENGE))


async def _listed(claude: Program, hearing: Hearing, patience: Patience) -> str:
    """What the program says of the server after it has tried to connect."""
    text = await said(claude, "mcp", "list", seconds=patience.list)
    line = next((line for line in text.splitlines() if line.startswith(f"{NAME}: ")), "")
    state = line.rpartition(" - ")[2].strip() or last_line(text)
    hearing.note(NoteKind.DECISION, f"claude mcp list says: {state}")
    return state


async def _login(claude: Program, hearing: Hearing, patience: Patience) -> bool:
    """Sign in; False after a note that says what was in the way."""
    async with started(claude, "mcp", "login", NAME, "--no-browser") as running:
        url = await running.printed(_URL, patience.login)
        if url is None:
            return _refused(hearing, running.text, await running.end(GRACE))
        redirect_uri = query(url).get("redirect_uri", "")
        try:
            callback = await hearing.sign_in(url, redirect_uri)
        except ValueError as error:
            hearing.note(NoteKind.ABORTED, f"the redirect URI cannot be reached: {error}")
            return False
        if callback is None:
            hearing.stop("the sign-in did not lead back to Claude Code")
            return False
        code = await running.end(patience.finish)
        return code == 0 or _refused(hearing, running.text, code)


def _refused(hearing: Hearing, text: str, code: int | None) -> bool:
    if code is None:
        hearing.note(NoteKind.ABORTED, "claude mcp login did not go on in time")
    else:
        hearing.stop(f"claude mcp login says: {last_line(text)}")
    return False


async def _leave(claude: Program, hearing: Hearing, patience: Patience) -> None:
    """Have the program revoke its tokens and clear its own store, which need not be a file."""
    if hearing.trace.last(Step.TOKEN) is not None:
        async with started(claude, "mcp", "logout", NAME) as running:
            await running.end(patience.short)


@contextmanager
def _program(one: Bench, binary: Path) -> Iterator[Program]:
    choices = one.choices
    secrets = {_variable(n): value for n, (_, value) in enumerate(choices.headers)}
    if choices.client_secret is not None:
        secrets["MCP_CLIENT_SECRET"] = choices.client_secret
    engine = one.wire.engine
    with program(binary, proxy_url=engine.url, ca_file=engine.ca_file, secrets=secrets) as claude:
        yield claude


def _add(choices: Choices) -> tuple[str, ...]:
    """The command that adds the server; secrets are named in it, never written out."""
    arguments = ["mcp", "add", NAME, choices.target, "--transport", "http"]
    if choices.client_id is not None:
        arguments += ["--client-id", choices.client_id]
    if choices.client_secret is not None:
        arguments.append("--client-secret")
    for n, (name, _) in enumerate(choices.headers):
        arguments += ["--header", f"{name}: ${{{_variable(n)}}}"]
    return tuple(arguments)


def _variable(n: int) -> str:
    return f"HARNESS_HEADER_{n}"
