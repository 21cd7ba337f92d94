"""What a report says of a trace that another program captured."""

from collections.abc import Iterator

from harness.model.imported import Certainty
from harness.model.trace import Json, Trace
from harness.report.printable import printable
from harness.report.prose import wrap

_MOST = 8


def imported_lines(trace: Trace) -> Iterator[str]:
    """How sure the names of the exchanges are, and why this target and this surface."""
    about = trace.imported
    if about is None:
        return
    yield ""
    number = len(trace.exchanges)
    many = f"{number} exchange{'s' if number != 1 else ''}"
    yield from _line("imported", f"from {about.form}: {many}, {', '.join(_counts(trace))}")
    yield from _line("target", f"{printable(trace.target)}, {printable(about.target)}")
    yield from _line("surface", f"{trace.surface}, {printable(about.surface)}")
    if about.left_out:
        counted = ", ".join(f"{count} {why}" for why, count in about.left_out.items())
        yield from _line("left out", counted)
    for remark in about.remarks:
        yield from _line("but", remark)


def imported_json(trace: Trace) -> dict[str, Json]:
    """The same for programs, as a member of the report; empty for what a run of ours recorded."""
    about = trace.imported
    if about is None:
        return {}
    found: dict[str, Json] = {
        "format": about.form,
        "target_found": about.target,
        "surface_found": about.surface,
        "certainty": {str(n): str(one) for n, one in about.certainty.items()},
        "left_out": dict(about.left_out),
        "remarks": list(about.remarks),
    }
    return {"imported": found}


def _counts(trace: Trace) -> Iterator[str]:
    certainty = trace.imported.certainty if trace.imported else {}
    for one in Certainty:
        found = [exchange for exchange in trace.exchanges if certainty.get(exchange.n) is one]
        if len(found) == len(trace.exchanges):
            yield f"all {one}"
        elif found:
            words = f"{len(found)} {'guessed' if one is Certainty.GUESS else one}"
            named = ", ".join(f"{each.n} {each.step}" for each in found[:_MOST])
            more = ", ..." if len(found) > _MOST else ""
            yield words if one is Certainty.SURE else f"{words} ({named}{more})"


def _line(label: str, text: str) -> Iterator[str]:
    yield from wrap(text, f"{label:<10} ", " " * 11)
