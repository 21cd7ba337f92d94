"""The verdict follows from the trace alone: where it stopped, what Claude shows, what is ranked."""

from dataclasses import replace
from pathlib import Path

import pytest
from fake import MCP, Handler, Play, Reply, healthy, reply

from harness.client.choices import Choices
from harness.client.events import Send
from harness.diagnosis.catalogue import Article, Scenario, catalogue, read_article
from harness.diagnosis.diagnose import diagnose
from harness.diagnosis.pattern import Pattern
from harness.model.trace import Connection, Failure, FailureKind, Note, NoteKind, Step, Trace
from harness.model.verdict import (
    Confidence,
    Evidence,
    Impact,
    Party,
    Shows,
    Source,
    StepStatus,
    Surface,
    Verdict,
)


def bent(suffix: str, answer: Reply, *, bearer: bool | None = None) -> Handler:
    def handler(send: Send) -> Reply | None:
        carries = any(name == "Authorization" for name, _ in send.headers)
        here = send.url.partition("?")[0].endswith(suffix)
        return answer if here and bearer in (None, carries) else None

    return handler


def broken(*handlers: Handler) -> Trace:
    return Play((*handlers, healthy)).run()


@pytest.mark.parametrize(
    ("handlers", "step", "shows", "returned"),
    [
        (
            [bent("/mcp", Failure(FailureKind.REFUSED, "refused"))],
            Step.REACH,
            Shows.COULD_NOT_REACH,
            ("start_error", None, None),
        ),
        (
            [bent("/mcp", reply(500), bearer=False)],
            Step.CHALLENGE,
            Shows.COULD_NOT_REACH,
            ("start_error", None, None),
        ),
        (
            [bent("/register", reply(500))],
            Step.REGISTRATION,
            Shows.COULD_NOT_REGISTER,
            ("start_error", None, "mcp_registration_failed"),
        ),
        (
            [bent("/token", reply(500))],
            Step.TOKEN,
            Shows.AUTHORIZATION_FAILED,
            ("end_error", None, "mcp_token_exchange_failed"),
        ),
        (
            [bent("/mcp", reply(403), bearer=True)],
            Step.CONNECT,
            Shows.CREDENTIALS_REJECTED,
            ("end_error", "McpAuthorizationError", None),
        ),
        (
            [bent("/mcp", reply(404), bearer=True)],
            Step.CONNECT,
            Shows.NO_SERVER_FOUND,
            ("end_error", "McpServerError", None),
        ),
        (
            [bent("/mcp", reply(502), bearer=True)],
            Step.CONNECT,
            Shows.ERROR_WHEN_CONNECTING,
            ("end_error", "McpServerError", None),
        ),
    ],
)
def test_each_stop_has_its_text_and_its_return(
    handlers: list[Handler],
    step: Step,
    shows: Shows,
    returned: tuple[str, str | None, str | None],
) -> None:
    diagnosis = diagnose(broken(*handlers), [])
    assert diagnosis.verdict is Verdict.FAILS
    assert diagnosis.stopped_at is step
    assert diagnosis.shows == shows
    assert diagnosis.returns is not None
    returns = diagnosis.returns
    assert (returns.step, returns.oauth_error, returns.error_code) == returned
    assert diagnosis.unexplained
    assert {one.step: one.status for one in diagnosis.steps}[step] is StepStatus.BROKEN


def test_a_row_no_pattern_explains_is_never_hidden() -> None:
    diagnosis = diagnose(broken(bent("/token", Failure(FailureKind.RESET, "the server hung up"))))
    assert all(one.impact is Impact.ADVISORY for one in diagnosis.findings)
    assert [one.row for one in diagnosis.unexplained] == ["token.issued"]
    assert "token endpoint" in diagnosis.headline


def test_missing_metadata_is_to_blame_only_where_the_guess_failed() -> None:
    nothing = bent("/.well-known/oauth-authorization-server", reply(404))
    served = bent("/register", reply(404))
    guessed = diagnose(broken(nothing), [])
    assert guessed.verdict is Verdict.CONNECTS
    assert {one.row: one.impact for one in guessed.unmet}["server-metadata.found"] is (
        Impact.DEGRADES
    )
    failed = diagnose(broken(nothing, served), [])
    assert failed.stopped_at is Step.SERVER_METADATA


def scenario(name: str, impact: Impact, explains: tuple[str, ...], *, exchange: int) -> Scenario:
    pattern = Pattern(
        step=Step.TOKEN,
        party=Party.SERVER,
        impact={Surface.CLAUDE_AI: impact},
        confidence=Confidence.REPORTED,
        explains=explains,
        sources=(Source("somewhere", seen="2026-01-01"),),
    )
    pattern.detect(lambda trace: [Evidence(exchange=exchange, place="failure", quote="x")])
    return Scenario(name, pattern, Article(name, "what", "why", "fix"), Path(name))


def test_the_cause_of_the_stop_outranks_whatever_claims_to_be_worse() -> None:
    trace = broken(bent("/token", reply(500)))
    loud = scenario("loud", Impact.BREAKS, (), exchange=1)
    cause = scenario("cause", Impact.ADVISORY, ("token.issued",), exchange=9)
    found = diagnose(trace, [loud, cause]).findings
    assert [(one.id, one.impact, one.root_cause) for one in found] == [
        ("cause", Impact.BREAKS, True),
        ("loud", Impact.DEGRADES, False),
    ]
    assert found[1].claimed is Impact.BREAKS


def test_the_earlier_row_is_the_cause_of_the_later_one() -> None:
    trace = broken(
        bent("/.well-known/oauth-authorization-server", reply(404)), bent("/register", reply(404))
    )
    late = scenario("late", Impact.BREAKS, ("registration.accepted",), exchange=1)
    early = scenario("early", Impact.BREAKS, ("server-metadata.found",), exchange=5)
    assert [one.id for one in diagnose(trace, [late, early]).findings] == ["early", "late"]


def test_nothing_is_broken_on_a_run_that_went_through() -> None:
    loud = scenario("loud", Impact.BREAKS, (), exchange=1)
    diagnosis = diagnose(broken(), [loud])
    assert diagnosis.verdict is Verdict.CONNECTS
    assert diagnosis.findings[0].impact is Impact.DEGRADES


def test_what_is_no_concern_of_a_surface_is_no_finding_there() -> None:
    other = scenario("other", Impact.NONE, (), exchange=1)
    assert diagnose(broken(), [other]).findings == ()


@pytest.mark.parametrize("kind", [NoteKind.NEEDS_HUMAN, NoteKind.ABORTED])
def test_a_run_that_ended_early_decides_nothing(kind: NoteKind) -> None:
    trace = Play(callback=lambda ask: None).run()
    note = Note(step=Step.LOGIN, kind=kind, text="because")
    diagnosis = diagnose(replace(trace, notes=(*trace.notes, note)), [])
    assert diagnosis.verdict is Verdict.INCONCLUSIVE
    assert diagnosis.headline.startswith("INCONCLUSIVE: ")
    assert "because" in diagnosis.headline
    assert diagnosis.shows is None


def test_a_trace_without_exchanges_decides_nothing() -> None:
    assert diagnose(Trace(target=MCP, surface="claude-ai")).verdict is Verdict.INCONCLUSIVE


def test_until_promises_no_more_than_it_tried() -> None:
    trace = Play(choices=Choices(target=MCP, until=Step.REGISTRATION)).run()
    diagnosis = diagnose(replace(trace, choices={"until": "registration"}), [])
    assert diagnosis.verdict is Verdict.CONNECTS
    assert diagnosis.headline.startswith("NOTHING BROKE as far as registration")


@pytest.mark.parametrize(
    ("target", "addresses", "count"),
    [
        ("https://mcp.example.com/mcp", ("93.184.216.34",), 0),
        ("https://mcp.example.com/mcp", ("10.0.0.7",), 1),
        ("https://mcp.example.com:8443/mcp", ("93.184.216.34",), 1),
        ("http://127.0.0.1:8000/mcp", ("127.0.0.1",), 3),
        ("http://localhost/mcp", (), 2),
    ],
)
def test_what_claude_minds_about_an_address_is_listed_apart(
    target: str, addresses: tuple[str, ...], count: int
) -> None:
    trace = broken()
    connection = Connection(host="mcp.example.com", port=443, addresses=addresses)
    first = replace(trace.exchanges[0], connection=connection)
    moved = replace(trace, target=target, exchanges=(first, *trace.exchanges[1:]))
    diagnosis = diagnose(moved, [])
    assert len(diagnosis.when_deployed) == count
    assert diagnosis.verdict is Verdict.CONNECTS


@pytest.mark.parametrize(
    "docstring",
    [
        "Title.",
        "Title.\n\nWhat happens\n    x\n\nFix\n    y\n\nWhy it breaks\n    z",
        "Title.\n\nWhat happens\n    x\n\nWhy it breaks\n\nFix\n    y",
    ],
)
def test_an_article_without_its_headings_is_refused(docstring: str) -> None:
    with pytest.raises(ValueError, match="heading"):
        read_article(docstring)


def test_titles_read_as_the_end_of_a_sentence() -> None:
    for one in catalogue():
        assert one.article.title
        assert "\n" not in one.article.title
