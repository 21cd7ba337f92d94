"""The known failures: one file each, its article in the docstring; none can break another."""

import importlib
import importlib.util
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from harness.diagnosis.contract import contract
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
    file: Path


@dataclass(frozen=True)
class Problem:
    """Why a scenario file could not be used; `line` is 0 where none is known."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.text}"


@dataclass(frozen=True)
class Loaded:
    """The scenarios of a folder, and the files that hold none because something is wrong."""

    scenarios: tuple[Scenario, ...]
    problems: tuple[Problem, ...] = ()


def catalogue() -> tuple[Scenario, ...]:
    """Every scenario of the program, in the order of the steps, then by id."""
    return own().scenarios


@cache
def own() -> Loaded:
    """The program's own scenario files."""
    import scenarios

    return load(Path(next(iter(scenarios.__path__))), package="scenarios")


def load(folder: Path, *, package: str | None = None) -> Loaded:
    """The scenarios in a folder and its subfolders, or the one in a file.

    With a package name they are modules of that package.
    """
    found: list[Scenario] = []
    problems: list[Problem] = []
    for file in [folder] if folder.is_file() else sorted(folder.rglob("*.py")):
        depth = len(file.relative_to(folder).parts)
        if file.stem == "__init__" or (package is not None and depth != 2):
            continue
        try:
            found.append(_scenario(file, _module(file, folder, package)))
        except Exception as error:
            problems.append(Problem(file, *_place(error, file)))
    ordered = sorted(found, key=lambda one: (one.pattern.step.position, one.id))
    return Loaded(tuple(ordered), tuple(problems))


def scenario(wanted: str, known: Sequence[Scenario] | None = None) -> Scenario | None:
    """The scenario with an id or alias, or None."""
    among = catalogue() if known is None else known
    return next((one for one in among if one.id == wanted or wanted in one.pattern.aliases), None)


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


def _module(file: Path, folder: Path, package: str | None) -> ModuleType:
    if package is not None:
        parts = file.relative_to(folder).with_suffix("").parts
        return importlib.import_module(".".join((package, *parts)))
    # A name of its own per file: two folders may hold files of the same name.
    name = f"_scenario_{abs(hash(file.resolve()))}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError("not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _scenario(file: Path, module: ModuleType) -> Scenario:
    pattern = getattr(module, "pattern", None)
    if not isinstance(pattern, Pattern):
        raise TypeError("the file defines no pattern")
    unknown = set(pattern.explains) - _row_ids()
    if unknown:
        raise ValueError(f"explains names unknown contract rows: {', '.join(sorted(unknown))}")
    return Scenario(file.stem.replace("_", "-"), pattern, read_article(module.__doc__ or ""), file)


@cache
def _row_ids() -> frozenset[str]:
    return frozenset(row.id for row in contract())


def _place(error: Exception, file: Path) -> tuple[int, str]:
    """The line of the file that an error comes from, and what it says."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        return error.lineno or 0, f"SyntaxError: {error.msg}"
    return max(_lines_in(error, file), default=0), text


def _lines_in(error: Exception, file: Path) -> Iterator[int]:
    import traceback  # only where something is wrong

    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename) == file and frame.lineno is not None:
            yield frame.lineno
