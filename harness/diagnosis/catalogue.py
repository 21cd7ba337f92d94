"""The known failures: one module below `scenarios` each, its article in the docstring."""

import importlib
import pkgutil
import textwrap
from dataclasses import dataclass
from functools import cache

from harness.diagnosis.pattern import Pattern

HEADINGS = ("What happens", "Why it breaks", "Fix")


@dataclass(frozen=True)
class Article:
    """What a person reads about a failure."""

    title: str
    what: str
    why: str
    fix: str


@dataclass(frozen=True)
class Scenario:
    """A pattern with its id and article."""

    id: str
    pattern: Pattern
    article: Article
    module: str


@cache
def catalogue() -> tuple[Scenario, ...]:
    """Every scenario, in the order of the steps, then by id."""
    import scenarios

    found = [
        _load(info.name)
        for info in pkgutil.walk_packages(scenarios.__path__, "scenarios.")
        if not info.ispkg and info.name.count(".") == 2
    ]
    return tuple(sorted(found, key=lambda one: (one.pattern.step.position, one.id)))


def scenario(wanted: str) -> Scenario | None:
    """The scenario with an id or alias, or None."""
    return next(
        (one for one in catalogue() if one.id == wanted or wanted in one.pattern.aliases), None
    )


def read_article(docstring: str) -> Article:
    """The article in a docstring; raises ValueError when a heading is missing or out of order."""
    title, _, rest = textwrap.dedent(docstring).strip().partition("\n")
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in rest.splitlines():
        if line.strip() and not line[0].isspace():
            current = sections.setdefault(line.strip(), [])
        elif current is not None:
            current.append(line)
    if tuple(sections) != HEADINGS:
        raise ValueError(f"headings are {list(sections)}, expected {list(HEADINGS)}")
    texts = [textwrap.dedent("\n".join(sections[name])).strip() for name in HEADINGS]
    if not all(texts) or not title.strip():
        raise ValueError("a heading has no text")
    return Article(title.strip().rstrip("."), *texts)


def _load(name: str) -> Scenario:
    module = importlib.import_module(name)
    pattern = getattr(module, "pattern", None)
    if not isinstance(pattern, Pattern):
        raise TypeError(f"{name} defines no pattern")
    identifier = name.rpartition(".")[2].replace("_", "-")
    return Scenario(identifier, pattern, read_article(module.__doc__ or ""), name)
