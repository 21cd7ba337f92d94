"""The text report gives the answer first, in eighty columns, whatever is in it."""

from dataclasses import replace

import pytest
from fake import MCP, Play, Reply, healthy, reply
from hypothesis import given
from hypothesis import strategies as st

from harness.client.events import Send
from harness.diagnosis.diagnose import diagnose
from harness.model.trace import Failure, FailureKind, Note, NoteKind, Step, Trace
from harness.model.verdict import Impact, Verdict
from harness.report.printable import printable, printable_lines
from harness.report.text import exit_code, text_report


def broken_token(send: Send) -> Reply | None:
    if not send.url.endswith("/token"):
        return None
    return Failure(FailureKind.RESET, "the server hung up")


def lines(trace: Trace) -> list[str]:
    return text_report(trace, diagnose(trace)).splitlines()


def test_the_answer_comes_first() -> None:
    found = lines(Play((broken_token, healthy)).run())
    assert found[0] == f"{MCP} as claude-ai"
    assert found[1].startswith("FAILS at token: ")
    assert found[2].startswith("Claude shows (reported): ")
    ladder = [line for line in found if line.startswith("  FAIL")]
    assert len(ladder) == 1
    assert ladder[0].split()[1:3] == ["token", "reset"]


def test_an_unexplained_row_is_printed_with_its_evidence() -> None:
    found = "\n".join(lines(Play((broken_token, healthy)).run()))
    assert "Not a known pattern: the token endpoint issues no token (token.issued)" in found
    assert "failure the server hung up" in " ".join(found.split())


def test_a_page_that_needs_a_human_is_shown_with_its_fields() -> None:
    trace = Play(callback=lambda ask: None).run()
    note = Note(
        step=Step.LOGIN,
        kind=NoteKind.NEEDS_HUMAN,
        text="the page asks for code",
        data={
            "title": "One-time \x1b[31mcode",
            "text": "Enter the code " * 100,
            "url": "https://auth.example.com/otp",
            "fields": ["code"],
        },
    )
    found = lines(replace(trace, notes=(*trace.notes, note)))
    text = "\n".join(found)
    assert "INCONCLUSIVE: the sign-in needs a human: the page asks for code" in text
    assert "\\x1b[31mcode" in text
    assert "--field code=..." in text
    assert max(map(len, found)) <= 80
    assert len(found) < 40


@given(st.text(max_size=200))
def test_nothing_printable_is_acted_on_by_a_terminal(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable() or all(char.isprintable() for char in shown)
    assert "\x1b" not in shown
    assert "\x1b" not in printable_lines(text)


@given(st.text(min_size=1, max_size=300), st.text(max_size=300))
def test_hostile_quotes_keep_the_width(target: str, title: str) -> None:
    trace = Play((broken_token, healthy)).run()
    note = Note(
        step=Step.LOGIN, kind=NoteKind.NEEDS_HUMAN, text=title, data={"title": title, "text": title}
    )
    report = text_report(
        replace(trace, notes=(*trace.notes, note)), diagnose(replace(trace, notes=(note,)))
    )
    assert all(len(line) <= 80 for line in report.splitlines())


@pytest.mark.parametrize(
    ("fail_on", "code"), [(Impact.BREAKS, 0), (Impact.DEGRADES, 1), (Impact.ADVISORY, 1)]
)
def test_the_exit_code_follows_what_the_user_minds(fail_on: Impact, code: int) -> None:
    def bare(send: Send) -> Reply | None:
        carries = any(name == "Authorization" for name, _ in send.headers)
        return reply(401) if send.url == MCP and not carries else None

    diagnosis = diagnose(Play((bare, healthy)).run())
    assert diagnosis.verdict is Verdict.CONNECTS
    assert exit_code(diagnosis, fail_on) == code
