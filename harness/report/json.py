"""The report for programs; the schema `harness.run/1` keeps its keys and their meaning."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from harness.model.trace import Exchange, Json, Trace
from harness.model.verdict import Diagnosis, Evidence, Finding, Unmet
from harness.profiles import profile
from harness.report.imported import imported_json

SCHEMA = "harness.run/1"


def json_report(
    runs: Sequence[tuple[Trace, Diagnosis]], more: Mapping[str, Json] | None = None
) -> str:
    """One object for all surfaces of a run; the first run's exchanges stand at the top.

    `more` are further members, as those of `harness.report.beside_json`.
    """
    trace = runs[0][0]
    finished = trace.finished or trace.started
    value: dict[str, Json] = {
        "schema": SCHEMA,
        "target": trace.target,
        "started": _instant(trace.started),
        "duration_ms": round((finished - trace.started) * 1000),
        "recording": trace.recording,
        **imported_json(trace),
        "surfaces": [_surface(one, diagnosis) for one, diagnosis in runs],
        "exchanges": [_exchange(one) for one in trace.exchanges],
        **(more or {}),
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _surface(trace: Trace, diagnosis: Diagnosis) -> Json:
    returns = diagnosis.returns
    return {
        "surface": str(diagnosis.surface),
        "profile": {
            "name": str(diagnosis.surface),
            "as_of": profile(diagnosis.surface).as_of,
        },
        "verdict": str(diagnosis.verdict),
        "headline": diagnosis.headline,
        "stopped_at": str(diagnosis.stopped_at) if diagnosis.stopped_at else None,
        "claude_shows": diagnosis.shows,
        "claude_returns": None
        if returns is None
        else {
            "step": returns.step,
            "oauth_error": returns.oauth_error,
            "error_code": returns.error_code,
        },
        "steps": [
            {
                "step": str(one.step),
                "status": str(one.status),
                "said": one.said,
                "exchanges": list(one.exchanges),
                "ms": round(one.ms, 1),
            }
            for one in diagnosis.steps
        ],
        "findings": [_finding(one) for one in diagnosis.findings],
        "unexplained": [_unmet(one) for one in diagnosis.unexplained],
        "when_deployed": list(diagnosis.when_deployed),
        "specification": _specification(trace),
    }


def _specification(trace: Trace) -> Json:
    """What the specifications say of the trace, whatever the surface minds."""
    from harness.specification.assess import Standing, assess

    found = assess(trace)
    failed = found.standing(Standing.FAILED)
    return {
        "revision": str(found.revision),
        "holds": len(found.standing(Standing.HOLDS)),
        "violated": [
            {
                "id": one.requirement.id,
                "party": str(one.requirement.party),
                "level": str(one.requirement.level),
                "source": one.requirement.source,
                "section": one.requirement.section or None,
                "text": one.requirement.text,
                "evidence": [_evidence(each) for each in one.evidence],
            }
            for one in found.violated
        ],
        "not_shown": len(found.standing(Standing.NOT_SHOWN)),
        "failed": [{"id": one.requirement.id, "error": one.error} for one in failed],
    }


def _finding(finding: Finding) -> Json:
    return {
        "id": finding.id,
        "step": str(finding.step),
        "party": str(finding.party),
        "impact": str(finding.impact),
        "claimed_impact": str(finding.claimed),
        "confidence": str(finding.confidence),
        "root_cause": finding.root_cause,
        "title": finding.title,
        "why": finding.why,
        "fix": finding.fix,
        "error": finding.error,
        "evidence": [_evidence(one) for one in finding.evidence],
        "sources": [{"url": one.url, "seen": one.seen} for one in finding.sources],
    }


def _unmet(unmet: Unmet) -> Json:
    return {
        "row": unmet.row,
        "step": str(unmet.step),
        "impact": str(unmet.impact),
        "title": unmet.title,
        "source": unmet.source,
        "evidence": [_evidence(one) for one in unmet.evidence],
    }


def _evidence(evidence: Evidence) -> Json:
    return {
        "exchange": evidence.exchange,
        "place": evidence.place,
        "quote": evidence.quote,
        "expected": evidence.expected,
    }


def _exchange(exchange: Exchange) -> Json:
    failure = exchange.failure
    return {
        "n": exchange.n,
        "step": str(exchange.step),
        "purpose": str(exchange.purpose),
        "voice": str(exchange.voice),
        "exploration": exchange.exploration,
        "method": exchange.request.method,
        "url": exchange.request.url,
        "status": exchange.status,
        "ms": round(exchange.timing.total, 1),
        "failure": None if failure is None else {"kind": str(failure.kind), "text": failure.text},
    }


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
