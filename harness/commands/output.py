"""Where reports go: each format to its file, or to the terminal."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import click

RULE = f"\n{'=' * 80}\n"
"""Stands between two whole reports."""

type Outputs = tuple[tuple[str, Path | None], ...]


def outputs(formats: tuple[str, ...], files: tuple[Path, ...]) -> Outputs:
    """Each format with its file; text goes to the terminal where nothing else does."""
    if len(files) > max(len(formats), 1):
        raise click.UsageError("Each -o needs a --format before it.")
    pairs = [
        (one, files[index] if index < len(files) else None)
        for index, one in enumerate(formats or ("text",))
    ]
    if all(file is not None for _, file in pairs) and "text" not in formats and formats:
        pairs.append(("text", None))
    return tuple(pairs)


def put_out(reports: Mapping[str, Callable[[], str]], wanted: Outputs) -> None:
    """Makes and writes the reports that are wanted, by the names of their formats."""
    for form, file in wanted:
        text = reports[form]()
        if file is None:
            click.echo(text, nl=False)
            continue
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"cannot write {file}: {error.strerror}") from None


def echo_lines(lines: Iterable[str]) -> None:
    """Print lines that are wrapped already."""
    for line in lines:
        click.echo(line)
