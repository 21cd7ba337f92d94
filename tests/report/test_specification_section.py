"""The reports say what the specifications mind apart from what Claude minds."""

import json
from dataclasses import replace

import pytest
from fake import AUTH, MCP, Play, Reply, healthy, reply, server_document
from hypothesis import given
from hypothesis import strategies as st

from harness.client.events import Send
from harness.diagnosis.diagnose import diagnose
from harness.model.trace import Trace
from harness.model.verdict import Evidence, Verdict
from harness.report.json import json_report
from harness.report.text import text_report
from harness.specification import assess as assessing
from harness.specification.requirement import Requirement

TITLE = "Against the specification (MCP 2025-11-25), apart from what Claude minds:"


def without_pkce(send: Send) -> Reply | None:
    """Metadata that is illegal, and that Claude accepts."""
    if send.url != f"{AUTH}/.well-known/oauth-authorization-server":
        return None
    document = server_document(op_policy_uri=None)
    del document["code_challenge_methods_supported"]
    return reply(200, document)


def run() -> Trace:
    return Play((without_pkce, healthy)).run()


def test_what_is_illegal_and_accepted_is_said_apart() -> None:
    trace = run()
    diagnosis = diagnose(trace)
    assert diagnosis.verdict is Verdict.CONNECTS
    report = text_report(trace, diagnosis, verbose=True)
    section = report.partition(TITLE)[2]
    assert "(asm-pkce-present; MCP authorization / RFC 8414," in " ".join(section.split())
    assert "response.body.code_challenge_methods_supported" in section
    written, _, unwritten = section.partition("Written nowhere")
    assert "  MUST " in written
    assert "OBSERVED" not in written
    assert "  OBSERVED " in unwritten
    assert max(map(len, section.splitlines())) <= 80


def test_the_section_is_for_those_who_ask() -> None:
    trace = run()
    assert "Against the specification" not in text_report(trace, diagnose(trace))


def test_json_has_the_layer_beside_the_findings() -> None:
    trace = run()
    surface = json.loads(json_report([(trace, diagnose(trace))]))["surfaces"][0]
    found = surface["specification"]
    assert list(found) == ["revision", "holds", "violated", "not_shown", "failed"]
    assert found["revision"] == "2025-11-25"
    assert found["failed"] == []
    total = found["holds"] + len(found["violated"]) + found["not_shown"]
    # Every requirement of this revision.
    assert total == 333
    one = next(each for each in found["violated"] if each["id"] == "asm-pkce-present")
    assert one["party"] == "authorization-server"
    assert one["level"] == "MUST"
    assert one["section"] == "Authorization Code Protection / 2"
    assert one["evidence"][0]["quote"] == "(absent)"
    assert surface["verdict"] == "connects"


@given(st.text(max_size=300))
def test_hostile_values_keep_the_width(value: str) -> None:
    def hostile(send: Send) -> Reply | None:
        if send.url.startswith(AUTH) and "well-known" in send.url:
            return reply(200, server_document(issuer=value, jwks_uri=None))
        return None

    trace = Play((hostile, healthy)).run()
    report = text_report(trace, diagnose(trace, []), verbose=True)
    section = report.partition("Against the specification")[2]
    assert section
    assert all(len(line) <= 80 for line in section.splitlines())
    assert all(char.isprintable() for line in section.split("\n") for char in line)


def test_a_check_that_raises_does_not_hide_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(_trace: Trace) -> list[Evidence]:
        raise RuntimeError("broken check")

    known = assessing.requirements()
    broken: Requirement = replace(known[0], check=raises)
    monkeypatch.setattr(assessing, "requirements", lambda: (broken, *known[1:]))
    trace = run()
    report = text_report(trace, diagnose(trace), verbose=True)
    assert "net-https-mcp: the check failed to run (RuntimeError: broken check)" in report
    surface = json.loads(json_report([(trace, diagnose(trace))]))["surfaces"][0]
    assert surface["specification"]["failed"] == [
        {"id": "net-https-mcp", "error": "RuntimeError: broken check"}
    ]
    assert MCP in report
