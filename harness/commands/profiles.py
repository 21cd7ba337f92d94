"""`harness profiles`: what each surface sends, and what a recording says of it."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import click

from harness.commands.output import echo_lines
from harness.model.verdict import Surface
from harness.profiles import SURFACES, profile
from harness.profiles.drift import drift, proposal
from harness.profiles.profile import Profile
from harness.profiles.switches import SWITCHES
from harness.recording.file import RecordingError, load
from harness.report.printable import printable
from harness.report.prose import wrap


def profiles(name: str | None, against: Path | None, propose: Path | None) -> int:
    """The values of one profile with where they were learned, or the list of profiles."""
    if against is None and propose is not None:
        raise click.UsageError("--propose needs --against, a recording of what was seen.")
    if name is None:
        if against is not None:
            raise click.UsageError("--against needs the name of a profile.")
        for surface in SURFACES:
            click.echo(f"{surface:<14} as of {profile(surface).as_of}")
        return 0
    one = profile(Surface(name))
    if against is not None:
        return _against(one, against, propose)
    click.echo(f"{name}, as of {one.as_of}\n")
    for field in dataclasses.fields(one):
        source = one.provenance.get(field.name)
        if source is None:
            continue
        first, *rest = _shown(getattr(one, field.name)).split("\n")
        echo_lines(wrap(f"{field.name} = {first}".rstrip(), "", "    "))
        for line in rest:
            echo_lines(wrap(line.strip(), "    ", "      "))
        note = f"; {source.note}" if source.note else ""
        line = f"{source.confidence}, {source.seen}, {source.source}{note}"
        echo_lines(wrap(line, "    ", "    "))
    click.echo("\nContested, the other side is played by --switch NAME:")
    for switch, turned in SWITCHES.items():
        echo_lines(wrap(f"{switch}: {turned.__doc__}", "    ", "      "))
    return 0


def _against(own: Profile, recording: Path, propose: Path | None) -> int:
    """What a profile says beside what a recording shows; 1 where they differ."""
    try:
        trace = load(recording)
    except RecordingError as error:
        raise click.UsageError(str(error)) from None
    seen = datetime.fromtimestamp(trace.started, UTC).date().isoformat()
    differences = drift(own, trace)
    click.echo(f"{own.surface}, as of {own.as_of}, beside what was seen on {seen}\n")
    for one in differences:
        click.echo(f"{one.field}   (exchange {one.exchange})")
        echo_lines(wrap(printable(f"{one.says}"), "  says  ", " " * 8))
        echo_lines(wrap(printable(f"{one.seen}"), "  seen  ", " " * 8))
    if not differences:
        click.echo("No value that the recording shows is another one.")
    if propose is not None and differences:
        source = f"recording {recording.name}"
        text = proposal(own, differences, source=source, seen=seen)
        try:
            with propose.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise click.UsageError(f"cannot write {propose}: {error.strerror}") from None
        click.echo(f"\nA profile with the seen values is in {propose}.")
    return 1 if differences else 0


def _shown(value: object) -> str:
    match value:
        case tuple() if all(isinstance(one, tuple) and len(one) == 2 for one in value):
            return "".join(f"\n    {one[0]}: {one[1]}" for one in value)
        case dict():
            return "".join(f"\n    {key}: {one}" for key, one in value.items())
        case _:
            return str(value)
