"""Which card is shown, and the cards of all states that are not about one problem."""

from collections.abc import Iterator

from harness.model.trace import Exchange, Note, NoteKind, Step, Trace
from harness.model.verdict import Impact, Verdict
from harness.tui import tones
from harness.tui.news import Trouble
from harness.tui.panes.card import Card, Entry
from harness.tui.problem_cards import problem_card
from harness.tui.selection import Selection, exchanges_of, problem_of
from harness.tui.session import Session, Stage
from harness.tui.words import WHAT, counted, seconds, shorter_path


def card(session: Session, selection: Selection) -> Card:
    """The card for what is selected, in the state the run is in."""
    problem = problem_of(session, selection)
    if problem is not None:
        return problem_card(problem, session)
    if selection.step is not None:
        return _step_card(session, selection.step)
    if session.trouble is not None:
        return _trouble_card(session.trouble, session)
    match session.stage:
        case Stage.READY:
            return _start_card(session)
        case Stage.STARTING | Stage.LIVE | Stage.STOPPING:
            return Card("Running", entries=(Entry("", "The proxy starts."),))
        case Stage.DONE:
            return _summary_card(session)


def title(card: Card, exchange: Exchange | None) -> str:
    """The card's title, with the exchange that is shown below it."""
    if exchange is None:
        return card.title
    url = exchange.request.url.partition("?")[0].partition("://")[2]
    return f"{card.title}  {exchange.request.method} {url}  {_outcome(exchange)}"


def _start_card(session: Session) -> Card:
    what = "this address" if session.setup.target else "the bundled reference server"
    recording = "Nothing recorded yet." if session.setup.folder else "Nothing will be recorded."
    return Card(
        "Start",
        entries=(
            Entry("", recording),
            Entry("r", f"run the check of {what} as {session.setup.surface}"),
            Entry("u", "change the target address"),
            Entry("b", "run the bundled reference server, healthy or with a known fault"),
            Entry("?", "all keys, and what the signs mean"),
        ),
    )


def _trouble_card(trouble: Trouble, session: Session) -> Card:
    entries = [Entry("Error", trouble.text)]
    if trouble.ours:
        entries.append(Entry("Report", "This is an error of the harness, not of the target."))
        if trouble.log:
            entries.append(Entry("Log", trouble.log))
    entries += _recording(session)
    entries.append(Entry("Next", "r  try again"))
    entries.append(Entry("Next", "u  change the target address"))
    return Card("Not run", "The check could not run.", tones.BROKEN, tuple(entries))


def _summary_card(session: Session) -> Card:
    diagnosis, trace = session.diagnosis, session.masked
    if diagnosis is None or trace is None:
        return Card("Result", "Nothing was sent.")
    entries: list[Entry] = []
    aborted = session.noted(NoteKind.ABORTED)
    if aborted is not None:
        text = f"{aborted.text}; {counted(len(trace.exchanges), 'exchange')} kept"
        entries.append(Entry("Ended", text[0].upper() + text[1:] + "."))
    risks = [one for one in session.problems if one.impact is Impact.DEGRADES]
    minor = [one for one in session.problems if one.impact is Impact.ADVISORY]
    if risks or minor:
        parts = [counted(len(risks), "risk")] if risks else []
        parts += [counted(len(minor), "note") + " without harm"] if minor else []
        entries.append(Entry("Look at", " and ".join(parts) + "; press ! to see"))
    entries += _next(session)
    entries += [Entry("Deployed", one) for one in diagnosis.when_deployed]
    entries += _recording(session)
    return Card("Result", _result(session), tones.verdict_tone(diagnosis.verdict), tuple(entries))


def _result(session: Session) -> str:
    """What the verdict line has no room for."""
    diagnosis, trace = session.diagnosis, session.masked
    assert diagnosis is not None
    assert trace is not None
    if diagnosis.verdict is not Verdict.CONNECTS:
        return diagnosis.headline
    ran = sum(bool(one.exchanges) for one in diagnosis.steps)
    took = seconds((trace.finished or trace.started) - trace.started)
    sent = counted(len(trace.exchanges), "exchange")
    return f"{session.setup.surface} connects: {counted(ran, 'step')}, {sent}, {took}."


def _next(session: Session) -> Iterator[Entry]:
    yield Entry("Next", "r  run it again")
    if session.setup.target:
        yield Entry("Next", "b  see on the reference server how a known fault looks")
        yield Entry("Next", "u  check another address")
    else:
        yield Entry("Next", "b  bend the reference server by a known fault and see it found")
        yield Entry("Next", "u  check a server of your own")


def _recording(session: Session) -> Iterator[Entry]:
    if session.masked is not None and session.masked.recording:
        yield Entry("Recorded", shorter_path(session.masked.recording))


def _step_card(session: Session, step: Step) -> Card:
    human = session.noted(NoteKind.NEEDS_HUMAN)
    if human is not None and step is Step.LOGIN:
        return _human_card(human, session)
    result = session.steps[step.position]
    entries = [Entry("What", WHAT[step], most=1)]
    if result.said:
        entries.append(Entry("Here", result.said, most=2))
    trace = session.masked
    if trace is not None:
        entries += [Entry("Claude", one.text, most=2) for one in _notes(trace, step)]
        entries += [Entry("Sent", _sent(one), most=1) for one in exchanges_of(trace, step)]
    if not result.exchanges and not result.said:
        entries.append(Entry("Here", _not_reached(session, step)))
    return Card(f"{step.position + 1} {step}", entries=tuple(entries))


def _not_reached(session: Session, step: Step) -> str:
    if session.stage is Stage.READY:
        return "Not run yet."
    if session.stage.busy and session.current is step:
        return "Going on now."
    return "Not reached yet." if session.stage.busy else "Not reached."


def _notes(trace: Trace, step: Step) -> Iterator[Note]:
    return (one for one in trace.notes if one.step is step)


def _sent(one: Exchange) -> str:
    url = one.request.url.partition("?")[0]
    tail = "  (only to explore)" if one.exploration else ""
    return f"{one.n}  {one.request.method} {url}  {_outcome(one)}{tail}"


def _outcome(one: Exchange) -> str:
    if one.status is not None:
        return str(one.status)
    return str(one.failure.kind) if one.failure else "no answer"


def _human_card(note: Note, session: Session) -> Card:
    entries = []
    for label, name in (("Page", "title"), ("Address", "url"), ("It says", "text")):
        value = note.data.get(name)
        if isinstance(value, str) and value:
            entries.append(Entry(label, value, most=2))
    fields = note.data.get("fields")
    if isinstance(fields, list) and fields:
        entries.append(Entry("Fields", ", ".join(str(one) for one in fields), most=2))
        answers = " ".join(f"--field {one}=..." for one in fields)
        entries.append(Entry("Answer", f"start again with {answers}", most=2))
    entries += _recording(session)
    return Card("7 login", f"Needs a human: {note.text}", tones.WARN, tuple(entries))
