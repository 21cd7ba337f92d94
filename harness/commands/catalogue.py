"""`harness explain`, `harness scenarios` and `harness profiles`: what the program knows."""

import dataclasses
import textwrap

import click

from harness.commands.options import closest
from harness.diagnosis.catalogue import catalogue, scenario
from harness.model.verdict import Surface
from harness.profiles import profile


def explain(what: str) -> int:
    """Print an article by its scenario id."""
    found = scenario(what.strip().lower())
    if found is None:
        close = closest(what, [one.id for one in catalogue()])
        hint = f" Did you mean {close}?" if close else ""
        raise click.UsageError(f"No known failure {what!r}; `harness scenarios` lists them.{hint}")
    article, pattern = found.article, found.pattern
    click.echo(f"{article.title}.\n\n{found.id}, fault of: {pattern.party}")
    for name, text in (
        ("What happens", article.what),
        ("Why it breaks", article.why),
        ("Fix", article.fix),
    ):
        click.echo(f"\n{name}\n{textwrap.indent(text, '    ')}")
    click.echo("\nEffect per surface")
    for surface, impact in pattern.impact.items():
        click.echo(f"    {surface}: {impact} ({pattern.confidence})")
    click.echo("\nSources")
    for source in pattern.sources:
        click.echo(f"    {source.url} ({source.seen})")
    if pattern.has_fault:
        click.echo(f"\nTry it: harness check --fault {found.id}")
    return 0


def scenarios(step: str | None) -> int:
    """One line per known failure, in step order."""
    for one in catalogue():
        if step is None or one.pattern.step == step:
            click.echo(f"{one.pattern.step:<18} {one.id:<36} {one.article.title}")
    return 0


def profiles(name: str | None) -> int:
    """The values of one profile with where they were learned, or the list of profiles."""
    if name is None:
        for surface in (Surface.CLAUDE_AI,):
            click.echo(f"{surface:<14} as of {profile(surface).as_of}")
        return 0
    one = profile(Surface(name))
    click.echo(f"{name}, as of {one.as_of}\n")
    for field in dataclasses.fields(one):
        source = one.provenance.get(field.name)
        if source is None:
            continue
        click.echo(f"{field.name} = {_shown(getattr(one, field.name))}")
        note = f"; {source.note}" if source.note else ""
        line = f"{source.confidence}, {source.seen}, {source.source}{note}"
        click.echo(textwrap.fill(line, 80, initial_indent="    ", subsequent_indent="    "))
    return 0


def _shown(value: object) -> str:
    match value:
        case tuple() if all(isinstance(one, tuple) and len(one) == 2 for one in value):
            return "".join(f"\n    {one[0]}: {one[1]}" for one in value)
        case dict():
            return "".join(f"\n    {key}: {one}" for key, one in value.items())
        case _:
            return str(value)
