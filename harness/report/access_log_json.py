"""The report on access logs for programs; the schema `harness.access-log/1` keeps its keys."""

import dataclasses
import json
from datetime import UTC, datetime

from harness.model.access_log import Attempt, LogDiagnosis, Seen
from harness.model.trace import Json

SCHEMA = "harness.access-log/1"
_LINES = 500
"""Lines of an attempt that are listed; a long session has many that say the same."""


def json_report(diagnosis: LogDiagnosis) -> str:
    counts = diagnosis.counts
    value: dict[str, Json] = {
        "schema": SCHEMA,
        "files": list(diagnosis.files),
        "verdict": str(diagnosis.verdict),
        "headline": diagnosis.headline,
        "first": _instant(counts.first),
        "last": _instant(counts.last),
        "mcp_path": diagnosis.mcp_path,
        "mcp_path_from": diagnosis.mcp_path_from,
        "lines": {
            "read": counts.read,
            "unreadable": counts.unreadable,
            "first_unreadable": counts.first_unreadable,
            "claude": counts.claude,
            "dropped": counts.dropped,
            "crawlers": counts.crawlers,
            "elsewhere": counts.elsewhere,
            "no_http": counts.no_http,
            "others": dict(counts.others),
        },
        "damaged": list(diagnosis.damaged),
        "suspects": [dataclasses.asdict(one) for one in diagnosis.suspects],
        "attempts": [
            {"decisive": one in diagnosis.decisive, **_attempt(one)} for one in diagnosis.attempts
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _attempt(attempt: Attempt) -> dict[str, Json]:
    return {
        "surface": str(attempt.surface) if attempt.surface else None,
        "started": _instant(attempt.started),
        "verdict": str(attempt.verdict),
        "stopped_at": str(attempt.stopped_at) if attempt.stopped_at else None,
        "headline": attempt.headline,
        "sureness": str(attempt.sureness),
        "sure_because": attempt.sure_because,
        "shared": attempt.shared,
        "steps": [
            {
                "step": str(one.step),
                "status": str(one.status),
                "said": one.said,
                "lines": list(one.lines[:_LINES]),
            }
            for one in attempt.rungs
        ],
        "decides": _seen(attempt.decides) if attempt.decides else None,
        "last": _seen(attempt.last),
        "next": attempt.next,
        "means": attempt.means,
        "suspects": [dataclasses.asdict(one) for one in attempt.suspects],
        "notes": list(attempt.notes),
        "requests": [_seen(one) for one in attempt.seen[:_LINES]],
        "requests_in_all": len(attempt.seen),
    }


def _seen(seen: Seen) -> Json:
    line = seen.line
    return {
        "file": line.file,
        "line": line.number,
        "time": _instant(line.time),
        "step": str(seen.step),
        "purpose": str(seen.purpose),
        "voice": str(seen.voice),
        "method": line.method,
        "url": line.target,
        "status": line.status,
        "user_agent": line.agent,
        "address": line.source or None,
        "seconds": line.seconds,
    }


def _instant(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
