"""Reads the options that describe a target into a plan; every mistake is one sentence."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from harness.client.address import AddressError, read_address
from harness.client.choices import Choices, Registration
from harness.diagnosis.catalogue import Scenario, catalogue, load, own, scenario
from harness.model.trace import Headers, Step
from harness.model.verdict import Surface
from harness.model.wellknown import is_http_url, origin, split
from harness.profiles import SURFACES


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A target and how to reach it, as the user wrote it, understood."""

    choices: Choices
    surfaces: tuple[Surface, ...]
    maps: tuple[tuple[str, str], ...]
    ca_files: tuple[Path, ...]
    fields: Mapping[str, str]
    faults: tuple[Scenario, ...]
    known: tuple[Scenario, ...]


def wanted(target: str | None, options: Mapping[str, Any]) -> Wanted:
    """Raises click.UsageError for what does not fit."""
    if target is not None and options["faults"]:
        raise click.UsageError("--fault bends the bundled reference server; leave TARGET out.")
    secret = options["client_secret"]
    if secret is not None and options["client_id"] is None:
        raise click.UsageError("--client-secret needs --client-id.")
    registration = Registration(options["registration"])
    if registration is Registration.GIVEN and options["client_id"] is None:
        raise click.UsageError("--registration given needs --client-id.")
    until = options.get("until")
    known = known_failures(options["folder"])
    return Wanted(
        choices=Choices(
            target=read_target(target) if target is not None else "",
            client_id=options["client_id"],
            client_secret=None if secret is None else _value(secret, "--client-secret"),
            registration=registration,
            scope=options["scope"],
            headers=_headers(options["headers"]),
            call_tool=options["call"],
            until=None if until is None else Step(until),
            switches=tuple(options["switches"]),
            deep=bool(options.get("deep")),
        ),
        surfaces=_surfaces(options["surfaces"]),
        maps=read_maps(options["maps"]),
        ca_files=options["ca_files"],
        fields=read_fields(options["fields"]),
        faults=faults(options["faults"], known),
        known=known,
    )


def read_target(text: str) -> str:
    """An MCP URL as the user typed it; without a scheme https is meant."""
    try:
        return read_address(text)
    except AddressError as error:
        raise click.UsageError(str(error)) from None


def read_maps(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The origins of --map, public and local."""
    return tuple(_map(one) for one in texts)


def read_fields(texts: Sequence[str]) -> dict[str, str]:
    """The form fields of --field."""
    return dict(_pair(one, "--field", read=True) for one in texts)


def known_failures(folder: Path | None) -> tuple[Scenario, ...]:
    """Our scenarios and those of the user's own folder; broken files are named on stderr."""
    loaded = [own(), *([load(folder)] if folder is not None else [])]
    for problem in (one for each in loaded for one in each.problems):
        click.echo(f"harness: scenario left out: {problem}", err=True)
    return tuple(one for each in loaded for one in each.scenarios)


def faults(
    ids: tuple[str, ...], known_ones: Sequence[Scenario] | None = None
) -> tuple[Scenario, ...]:
    """The scenarios to bend the reference server by; each must have a fault."""
    found = []
    for one in ids:
        known = scenario(one, known_ones)
        if known is None or not known.pattern.has_fault:
            close = closest(one, [each.id for each in known_ones or catalogue()])
            hint = f" Did you mean {close}?" if close else ""
            raise click.UsageError(f"No fault {one!r}; `harness scenarios` lists them.{hint}")
        found.append(known)
    return tuple(found)


def closest(text: str, names: list[str]) -> str | None:
    """The name most like a text, or None when none is."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(text, names, n=1)), None)


def _surfaces(names: tuple[str, ...]) -> tuple[Surface, ...]:
    if "all" in names:
        return SURFACES
    return tuple(dict.fromkeys(Surface(one) for one in names)) or (Surface.CLAUDE_AI,)


def _map(text: str) -> tuple[str, str]:
    public, found, local = text.partition("=")
    if not found or not is_http_url(public) or not is_http_url(local):
        raise click.UsageError(
            f"--map {text!r} is not PUBLIC=LOCAL with two addresses, "
            "as in https://mcp.example.com=http://127.0.0.1:8000."
        )
    for one in (public, local):
        if split(one).path.rstrip("/") or split(one).query:
            raise click.UsageError(f"--map takes origins; {one} has a path.")
    return origin(public), origin(local)


def _headers(texts: tuple[str, ...]) -> Headers:
    return tuple(_pair(one, "--header", read=True) for one in texts)


def _pair(text: str, option: str, *, read: bool) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name.strip():
        raise click.UsageError(f"{option} {text!r} is not NAME=VALUE.")
    value = _value(value, option) if read else value
    if option == "--header" and (
        not all(char.isalnum() or char in "!#$%&'*+-.^_`|~" for char in name)
        or any(char < " " and char != "\t" for char in value)
    ):
        raise click.UsageError(f"{option} {name!r} is no valid HTTP header.")
    return name, value


def _value(text: str, option: str) -> str:
    """The text itself, the content of @FILE, or the variable of env:NAME."""
    if text.startswith("env:"):
        value = os.environ.get(text[4:])
        if value is None:
            raise click.UsageError(f"{option}: the variable {text[4:]} is not set.")
        return value
    if text.startswith("@"):
        try:
            return Path(text[1:]).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise click.UsageError(f"{option}: cannot read {text[1:]}: {error}") from None
    return text
