"""What other programs write of a run is judged as the run was, wherever it holds the evidence."""

import json
from pathlib import Path

import pytest
from foreign_formats import HEALTHY, mitmproxy_har, plain_har
from hypothesis import example, given, settings
from hypothesis import strategies as st
from live import checked

from harness.diagnosis.catalogue import scenario
from harness.diagnosis.diagnose import diagnose
from harness.model.trace import Step, Trace
from harness.model.verdict import Diagnosis, Impact, Surface, Verdict
from harness.recording.har import read_har
from harness.run.export import export
from harness.run.files import read_trace
from harness.run.imported import imported

HARMFUL = (Impact.BREAKS, Impact.DEGRADES)
FAULTS = (
    "prm-requires-auth",
    "token-error-as-200",
    "token-invalid-target",
    "challenge-on-200",
    "as-issuer-mismatch",
    "dcr-requires-auth",
    "callback-state-mangled",
    "authorization-header-stripped",
    "json-rpc-shape-wrong",
)


def said(diagnosis: Diagnosis) -> tuple[object, ...]:
    findings = [one.id for one in diagnosis.findings if one.impact in HARMFUL]
    return diagnosis.verdict, diagnosis.stopped_at, findings


def written(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("fault", [None, *FAULTS])
async def test_every_format_gives_the_verdict_of_the_run(fault: str | None, tmp_path: Path) -> None:
    known = scenario(fault) if fault else None
    assert fault is None or known is not None
    run = await checked(tmp_path / "run.jsonl", *([known] if known else []))
    trace = run.trace
    found = [one.id for one in run.diagnosis.findings if one.impact in HARMFUL]
    assert found == ([fault] if fault else [])
    for form in ("har", "mitm"):
        again = read_trace(written(tmp_path, f"run-{form}", export(trace, form)))
        assert said(diagnose(again)) == said(run.diagnosis)
        assert again.exchanges == trace.exchanges
        assert again.notes == trace.notes
    plain = json.dumps(plain_har(trace)).encode()
    for name, data in (("plain", plain), ("mitmproxy", mitmproxy_har(trace))):
        again = read_trace(written(tmp_path, name, data))
        assert again.target == trace.target
        assert again.surface == trace.surface
        assert said(diagnose(again)) == said(run.diagnosis)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, len(HEALTHY.exchanges) - 1), min_size=1), st.sampled_from(Surface))
@example(kept={3, 4, 5, 6, 11, 22}, surface=Surface.CLAUDE_AI)
@example(kept={0, 1, 2, 3, 6, 8}, surface=Surface.CLAUDE_AI)
def test_what_was_not_captured_is_no_fault(kept: set[int], surface: Surface) -> None:
    har = plain_har(HEALTHY)
    har["log"]["entries"] = [har["log"]["entries"][at] for at in sorted(kept)]
    trace = imported(read_har(json.dumps(har).encode()), target=HEALTHY.target, surface=surface)
    diagnosis = diagnose(trace)
    assert diagnosis.verdict is not Verdict.FAILS
    assert [one.id for one in diagnosis.findings if one.impact in HARMFUL] == []
    assert [one.row for one in diagnosis.unmet if one.impact in HARMFUL] == []
    if not any(one.step.position >= Step.CONNECT.position for one in trace.exchanges):
        assert diagnosis.verdict is Verdict.INCONCLUSIVE


def without(name: str, trace: Trace) -> bytes:
    """A HAR as browsers export it by default: a header that holds secrets is not in it."""
    har = plain_har(trace)
    for entry in har["log"]["entries"]:
        for message in (entry["request"], entry["response"]):
            message["headers"] = [one for one in message["headers"] if one["name"].lower() != name]
    return json.dumps(har).encode()


def test_an_export_without_authorization_headers_still_connects() -> None:
    trace = imported(read_har(without("authorization", HEALTHY)))
    diagnosis = diagnose(trace)
    assert diagnosis.verdict is Verdict.CONNECTS
    assert said(diagnosis)[2] == []
    assert trace.imported is not None
    assert "no request in it carries Authorization" in trace.imported.remarks[0]
    assert [one.n for one in trace.at(Step.CONNECT)] == [13]
    assert trace.decision(Step.CHALLENGE, "authless") is None
