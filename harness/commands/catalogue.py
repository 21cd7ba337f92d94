"""`harness explain` and `harness scenarios`: what the program knows."""

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click

from harness.commands.options import known_failures
from harness.commands.output import echo_lines
from harness.diagnosis.catalogue import Scenario, scenario
from harness.diagnosis.explain import explain as find
from harness.diagnosis.pattern import Detectable
from harness.model.verdict import Effect, Impact, Surface
from harness.report.printable import printable
from harness.report.prose import paragraphs, wrap
from harness.report.words import CONFIDENCE

_SEEN = {
    Detectable.CLIENT: "by a check",
    Detectable.TRAFFIC: "only in traffic of the real Claude or the operator's log",
    Detectable.CLAUDE_ONLY: "only inside Claude",
}

_WAYS = (
    "harness check URL finds",
    "harness check URL --deep finds",
    "The log of your server, and of what stands before it, shows while somebody connects:",
    "Nothing outside Claude shows, so rule out the others first:",
)


def explain(what: str, folder: Path | None) -> int:
    """Print an article by its id, or what is known about words a user pasted."""
    known = known_failures(folder)
    found = scenario(what.strip().lower(), known)
    if found is not None:
        _article(found)
        return 0
    explanation = find(what, known)
    if not explanation.facts and not explanation.candidates:
        raise click.UsageError(f"No known failure {what!r}; `harness scenarios` lists them.")
    for fact in explanation.facts:
        echo_lines(wrap(printable(fact), "", "  "))
    if explanation.candidates:
        click.echo("\nLikeliest first:" if explanation.facts else "Likeliest first:")
    for number, one in enumerate(explanation.candidates, start=1):
        reports = one.pattern.reports
        often = f", {reports} report{'s' if reports > 1 else ''}" if reports else ""
        click.echo(f"\n{number}. {one.id}   ({one.pattern.step}, {one.pattern.confidence}{often})")
        click.echo(f"   {one.article.title}.")
        first = " ".join(one.article.what.split("\n\n")[0].split())
        echo_lines(wrap(first, "   ", "   "))
    _tell_apart(explanation.candidates)
    click.echo("\nOne in full: harness explain ID")
    return 0


def _tell_apart(candidates: Sequence[Scenario]) -> None:
    """Which way of looking shows which of the candidates, by their numbers."""
    found: dict[str, list[str]] = {}
    for number, one in enumerate(candidates, start=1):
        found.setdefault(_way(one), []).append(str(number))
    if found:
        click.echo("\nTo tell them apart:")
    for way in sorted(found, key=_WAYS.index):
        echo_lines(wrap(f"{way} {', '.join(found[way])}", "  - ", "    "))


def _way(one: Scenario) -> str:
    check, deep, traffic, inside = _WAYS
    match one.pattern.detectable:
        case Detectable.CLIENT:
            return deep if one.pattern.deep else check
        case Detectable.TRAFFIC:
            return traffic
        case Detectable.CLAUDE_ONLY:
            return inside


def _article(found: Scenario) -> None:
    article, pattern = found.article, found.pattern
    names = ", ".join((found.id, *pattern.aliases))
    click.echo(f"{article.title}.\n\n{names}, fault of: {pattern.party}")
    for name, text in (
        ("What happens", article.what),
        ("Why it breaks", article.why),
        ("Fix", article.fix),
    ):
        click.echo(f"\n{name}")
        echo_lines(paragraphs(text, "    ", "    ", apart=True))
    click.echo("\nEffect per surface")
    for surface in Surface:
        effect = pattern.effect(surface)
        if effect is None:
            continue
        sure = f"{CONFIDENCE[effect.confidence]} ({effect.source.seen})"
        click.echo(f"    {surface:<12}  {effect.impact:<8}  {sure}")
        click.echo(f"{'':18}{effect.source.url}")
    click.echo(f"\nCan be seen {_SEEN[pattern.detectable]}")
    click.echo("\nSources")
    for source in pattern.sources:
        click.echo(f"    {source.url} ({source.seen})")
    if pattern.has_fault:
        deep = " --deep" if pattern.deep else ""
        click.echo(f"\nTry it: harness check --fault {found.id}{deep}")


def scenarios(step: str | None, surface: str | None, form: str, folder: Path | None) -> int:
    """The known failures in step order, one line each with a count, or as JSON."""
    found = [
        one
        for one in known_failures(folder)
        if (step is None or one.pattern.step == step)
        and (surface is None or _harms(one, Surface(surface)))
    ]
    if form == "json":
        click.echo(json.dumps([_as_json(one) for one in found], indent=2, ensure_ascii=False))
        return 0
    for step, ones in groupby(sorted(found, key=_position), key=lambda one: one.pattern.step):
        click.echo(step)
        for one in ones:
            echo_lines(wrap(one.article.title, f"  {one.id:<38}", " " * 40))
        click.echo()
    kinds = Counter(one.pattern.detectable for one in found)
    told = ", ".join(f"{kinds[kind]} {_SEEN[kind]}" for kind in Detectable if kinds[kind])
    echo_lines(wrap(f"{len(found)} known failures: {told}", "", "  "))
    return 0


def _position(one: Scenario) -> int:
    return one.pattern.step.position


def _harms(one: Scenario, surface: Surface) -> bool:
    effect = one.pattern.effect(surface)
    return effect is not None and effect.impact is not Impact.NONE


def _as_json(one: Scenario) -> dict[str, object]:
    pattern = one.pattern
    effects = [(one, effect) for one in Surface if (effect := pattern.effect(one))]
    return {
        "id": one.id,
        "aliases": list(pattern.aliases),
        "title": one.article.title,
        "step": pattern.step,
        "party": pattern.party,
        "impact": {surface: effect.impact for surface, effect in effects},
        "effects": {surface: _effect(effect) for surface, effect in effects},
        "confidence": pattern.confidence,
        "reports": pattern.reports,
        "detectable": pattern.detectable,
        "deep": pattern.deep,
        "sources": [dataclasses.asdict(source) for source in pattern.sources],
    }


def _effect(effect: Effect) -> dict[str, object]:
    return {
        "impact": effect.impact,
        "confidence": effect.confidence,
        "source": dataclasses.asdict(effect.source),
    }
