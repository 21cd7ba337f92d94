"""Two runs compared, for programs; the schema `harness.compare/1` keeps its keys."""

import json
from collections.abc import Iterable

from harness.diagnosis.changes import Problem
from harness.diagnosis.compare import Compared, Shortfall
from harness.model.trace import Exchange, Json, Trace
from harness.model.verdict import Diagnosis
from harness.recording.compare import Change
from harness.recording.weight import Weight

SCHEMA = "harness.compare/1"


def comparison_json(found: Compared, *, everything: bool = False) -> str:
    """One object, as ASCII, so that nothing in it can act on a terminal.

    `equal`       nothing that matters differs (the exit code says the same)
    `a`, `b`      target, surface, recording, verdict, headline, stopped_at
    `origins`     role, a, b: addresses of A that were read as those of B
    `setup`       place, a, b: the surface or a choice that is another
    `left_out`    with --reference: choices of A that only its own server understands
    `findings`    fixed, still, new: id, step, title, impact, known
    `shortfalls`  null, or with --reference: id, step, title, impact, source, exchange, place,
                  needs, a, reference
    `changes`     what matters first: step, purpose, voice, a_exchange, b_exchange, weight
                  (answer, member, header, request, rest, volatile), matters, exploration,
                  place, a, b; null stands for what is not there. Without --all no `volatile`
    `only_a`, `only_b`  n, step, purpose, voice, method, url, status
    """
    shortfalls = found.shortfalls
    value: dict[str, Json] = {
        "schema": SCHEMA,
        "equal": not found.differs,
        "a": _run(found.one, found.changes.one),
        "b": _run(found.other, found.changes.other),
        "origins": [
            {"role": each.role, "a": each.one, "b": each.other} for each in found.wire.origins
        ],
        "setup": [
            {"place": each.place, "a": each.one, "b": each.other} for each in found.wire.setup
        ],
        "left_out": list(found.left_out),
        "findings": {
            "fixed": _problems(found.changes.fixed),
            "still": _problems(after for _, after in found.changes.still),
            "new": _problems(found.changes.new),
        },
        "shortfalls": None if shortfalls is None else [_shortfall(each) for each in shortfalls],
        "changes": [
            _change(each)
            for each in found.wire.changes
            if everything or each.weight is not Weight.VOLATILE
        ],
        "only_a": [_exchange(each) for each in found.wire.only_one],
        "only_b": [_exchange(each) for each in found.wire.only_other],
    }
    return json.dumps(value, indent=2) + "\n"


def _run(trace: Trace, diagnosis: Diagnosis) -> Json:
    return {
        "target": trace.target,
        "surface": trace.surface,
        "recording": trace.recording,
        "verdict": str(diagnosis.verdict),
        "headline": diagnosis.headline,
        "stopped_at": str(diagnosis.stopped_at) if diagnosis.stopped_at else None,
    }


def _problems(found: Iterable[Problem]) -> list[Json]:
    return [
        {
            "id": each.id,
            "step": str(each.step),
            "title": each.title,
            "impact": str(each.impact),
            "known": each.known,
        }
        for each in found
    ]


def _shortfall(each: Shortfall) -> Json:
    return {
        "id": each.id,
        "step": str(each.step),
        "title": each.title,
        "impact": str(each.impact),
        "source": each.source or None,
        "exchange": each.evidence.exchange,
        "place": each.evidence.place,
        "needs": each.evidence.expected,
        "a": each.evidence.quote,
        "reference": each.reference,
    }


def _change(each: Change) -> Json:
    return {
        "step": str(each.step),
        "purpose": str(each.purpose),
        "voice": str(each.voice),
        "a_exchange": each.exchanges[0],
        "b_exchange": each.exchanges[1],
        "weight": str(each.weight),
        "matters": each.weight.matters,
        "exploration": each.exploration,
        "place": each.place,
        "a": each.one,
        "b": each.other,
    }


def _exchange(each: Exchange) -> Json:
    return {
        "n": each.n,
        "step": str(each.step),
        "purpose": str(each.purpose),
        "voice": str(each.voice),
        "method": each.request.method,
        "url": each.request.url,
        "status": each.status,
    }
