"""The report of two compared runs: the answer first, 80 columns, nothing a terminal acts on."""

import json
from pathlib import Path

from answers import exchange, trace

from harness.diagnosis.compare import Compared, compared
from harness.diagnosis.diagnose import diagnose
from harness.model.trace import Exchange, Trace
from harness.recording.file import load
from harness.report.comparison import comparison_report
from harness.report.comparison_json import comparison_json

EXAMPLES = Path(__file__).parents[2] / "recordings" / "examples"
HOSTILE = "[bold red]x[/] \x1b[31m\x9b1m \u202e\r\nnext"


def between(one: Trace, other: Trace) -> Compared:
    return compared((one, diagnose(one, ())), (other, diagnose(other, ())))


def example(name: str) -> Trace:
    return load(EXAMPLES / f"{name}.jsonl")


def odd(value: object, number: int) -> Exchange:
    return exchange({HOSTILE: value, "deep": [[[[number]]]]}, (("X-Odd", HOSTILE * number),))


def test_equal_runs_are_said_to_be_equal_in_the_first_line() -> None:
    told = comparison_report(between(example("healthy"), example("healthy")))
    assert told.startswith("EQUAL: nothing that matters differs\n")


def test_the_answer_comes_first_and_then_the_verdicts_and_the_wire() -> None:
    before, after = example("token-invalid-target"), example("healthy")
    found = compared((before, diagnose(before)), (after, diagnose(after)))
    told = comparison_report(found)
    order = [
        "DIFFERS first at token: response.status",
        "verdict               FAILS                       CONNECTS",
        "\nfixed\n  token-invalid-target",
        "\nWhat the servers answered otherwise\n  token, as the broker (exchange 12)\n"
        "    response.status\n      A  400\n      B  200\n",
        "\nOnly in B\n  connect discover, as the runtime (exchange 13)\n",
        "hidden; --all shows them",
    ]
    places = [told.find(each) for each in order]
    assert -1 not in places
    assert places == sorted(places)
    assert "<code:" not in told


def test_all_shows_what_is_another_each_time() -> None:
    one, other = (trace(exchange({}, (("Date", each),))) for each in ("Monday", "Tuesday"))
    found = between(one, other)
    assert "Monday" not in comparison_report(found)
    assert "Monday" in comparison_report(found, everything=True)
    assert json.loads(comparison_json(found))["changes"] == []
    (change,) = json.loads(comparison_json(found, everything=True))["changes"]
    assert (change["weight"], change["a"], change["b"]) == ("volatile", "Monday", "Tuesday")


def test_what_differs_alike_in_many_exchanges_is_told_once() -> None:
    def served(name: str) -> Trace:
        return trace(*(exchange({}, (("Server", name),), n=n) for n in range(1, 5)))

    told = comparison_report(between(served("x"), served("y")))
    assert told.count("response.header.server") == 1
    assert "(and in 3 more exchanges)" in told


def test_hostile_values_are_shown_and_not_acted_on() -> None:
    one = trace(odd("\x1b]0;title\x07", 1), target="https://a.example/\x1b[2J")
    other = trace(odd(b"\xff\xfe".decode("latin-1") + "y" * 100_000, 2))
    raw = trace(exchange(b"\xff\x00\x9b" * 5))
    for left, right in ((one, other), (other, one), (one, raw)):
        found = between(left, right)
        for told in (comparison_report(found, everything=True), comparison_json(found)):
            assert not set(told) & {"\x1b", "\x9b", "\r", "\x07", "\u202e"}
            assert len(told) < 20_000
        lines = comparison_report(found, everything=True).splitlines()
        assert max(map(len, lines)) <= 80
    assert "[bold red]x[/]" in comparison_report(between(one, other))


def test_a_flood_of_differences_is_cut_unless_all_are_asked_for() -> None:
    one, other = (trace(exchange({f"m{n}": value for n in range(500)})) for value in (1, 2))
    found = between(one, other)
    told = comparison_report(found)
    assert len(told.splitlines()) < 200
    assert "and 460 more; --all shows them" in told
    assert "m499" in comparison_report(found, everything=True)


def test_the_json_keeps_its_schema() -> None:
    found = between(example("token-invalid-target"), example("healthy"))
    value = json.loads(comparison_json(found))
    assert value["schema"] == "harness.compare/1"
    assert set(value) == {
        *("schema", "equal", "a", "b", "origins", "setup", "left_out"),
        *("findings", "shortfalls", "changes", "only_a", "only_b"),
    }
    assert value["equal"] is False
    assert set(value["a"]) == {
        *("target", "surface", "recording", "verdict", "headline", "stopped_at"),
    }
    assert set(value["findings"]) == {"fixed", "still", "new"}
    assert set(value["changes"][0]) == {
        *("step", "purpose", "voice", "a_exchange", "b_exchange", "weight", "matters"),
        *("exploration", "place", "a", "b"),
    }
    assert [each["n"] for each in value["only_b"]] == [13, 14, 15, 16, 17, 18]
