"""One attempt after the other: which lines of a surface belong together."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.diagnosis.speaker import VOICES, Speaker, speaker
from harness.model.access_log import LogLine, Seen
from harness.model.trace import Purpose, Step, Voice
from harness.model.verdict import Surface

OVER = 900.0
"""Seconds of silence after which an attempt is over: a person may sign in for that long."""
_AGAIN = 15.0
"""Seconds between two openings that belong to two tries of the user."""
_BESIDE = 60.0
"""Seconds before a request that open the same attempt."""
_FIRST_CALL = 180.0
"""Seconds after the token within which a call may be the first one with it."""
METADATA = (
    Purpose.METADATA_PATH,
    Purpose.METADATA_ROOT,
    Purpose.RFC8414,
    Purpose.OIDC,
    Purpose.OIDC_APPENDED,
)
DONE = (Purpose.REGISTER, Purpose.AUTHORIZE, Purpose.TOKEN)


@dataclass
class Group:
    """Lines that belong together; `use` holds the calls of connections made before."""

    use: bool = False
    found: deque[tuple[LogLine, Purpose]] = field(default_factory=deque)
    shared: bool = False
    token: LogLine | None = None
    """The first token that was issued."""
    called: LogLine | None = None
    """The last call that was answered well and came from the runtime."""
    _counts: Counter[Purpose] = field(default_factory=Counter)

    def add(self, line: LogLine, what: Purpose) -> None:
        self.found.append((line, what))
        self._counts[what] += 1
        if what is Purpose.TOKEN and line.succeeded and self.token is None:
            self.token = line
        elif what is Purpose.INITIALIZE and line.succeeded:
            self.called = self.called if speaker(line) is Speaker.BROKER else line

    def move_last(self, other: "Group") -> None:
        """The newest line becomes the first one of another group; never a token or a call."""
        line, what = self.found.pop()
        self._counts[what] -= 1
        other.found.appendleft((line, what))
        other._counts[what] += 1

    def has(self, *purposes: Purpose) -> bool:
        return any(self._counts[one] for one in purposes)

    @property
    def waits(self) -> bool:
        """True while the user signs in."""
        return self.has(Purpose.AUTHORIZE) and self.token is None

    def quiet(self, line: LogLine) -> float:
        """Seconds between the newest line and this one; 0 where the log has no times."""
        return between(self.found[-1][0], line) if self.found else 0.0


class Stream:
    """The attempts of one surface; those of claude-ai cannot be told apart by their source."""

    def __init__(self, surface: Surface | None) -> None:
        self.surface = surface
        self.groups: list[Group] = []

    def add(self, line: LogLine, what: Purpose) -> Group | None:
        """The group that the line came into; None where it begins none."""
        group = self._current(line) if what is Purpose.HEAD else self._place(line, what)
        if group is None:
            return None
        group.add(line, what)
        return group

    def _place(self, line: LogLine, what: Purpose) -> Group:
        match what:
            case Purpose.TOKEN:
                return self._token(line)
            case Purpose.REGISTER:
                now = self._current(line)
                return now if now and now.token is None else self._begin(line, registers=True)
            case Purpose.AUTHORIZE:
                now = self._current(line)
                same = now and now.token is None and (not now.waits or self._same_page(now, line))
                return now if now and same else self._begin(line)
            case _ if what in METADATA:
                return self._metadata(line)
        if speaker(line) is Speaker.BROKER:
            return self._opening(line)
        return self._call(line)

    def _open(self, line: LogLine) -> list[Group]:
        recent = self.groups[-12:]
        return [one for one in recent if not one.use and one.quiet(line) <= OVER]

    def _current(self, line: LogLine) -> Group | None:
        return next(reversed(self._open(line)), None)

    def _begin(self, line: LogLine, *, registers: bool = False) -> Group:
        """A new attempt, which takes along what was asked just before it."""
        group = Group()
        opening = speaker(line) is Speaker.BROKER and line.method == "POST" and not registers
        for before in self.groups[-1:]:
            # An attempt keeps its own opening, and the refusals of its token.
            while before.use or (before.token is not None and not opening):
                if not before.found or before.quiet(line) > _BESIDE:
                    break
                last, what = before.found[-1]
                refused = what is Purpose.INITIALIZE and not last.succeeded
                unused = before.use or before.called is not None
                if what not in METADATA and not (refused and unused):
                    break
                before.move_last(group)
        if self.groups and not self.groups[-1].found:
            self.groups.pop()
        self.groups.append(group)
        return group

    def _opening(self, line: LogLine) -> Group:
        now = self._current(line)
        if now is None or now.has(*DONE) or now.called is not None:
            return self._begin(line)
        again = now.has(*METADATA) and now.quiet(line) > _AGAIN
        return self._begin(line) if again else now

    def _metadata(self, line: LogLine) -> Group:
        now = self._current(line)
        if now is None:
            return self._begin(line)
        again = not now.has(*DONE) and now.called is None and now.quiet(line) > _BESIDE
        return self._begin(line) if again else now

    def _token(self, line: LogLine) -> Group:
        waiting = [one for one in self._open(line) if one.waits]
        if len(waiting) > 1:
            for one in waiting:
                one.shared = True
        if waiting:
            return waiting[0]
        now = self._current(line)
        return now if now and (now.has(Purpose.REGISTER) or now.token) else self._in_use(line)

    def _call(self, line: LogLine) -> Group:
        opened = self._open(line)
        for one in opened:
            if one.token and one.called is None and one.quiet(line) <= _FIRST_CALL:
                return one
        for one in reversed(opened):
            if one.called is not None and between(one.called, line) <= _FIRST_CALL:
                return one
        now = next(reversed(opened), None)
        if now is None or now.token is not None:
            return self._in_use(line)
        # While others use the server a call that succeeds is more likely theirs.
        if line.succeeded and self._busy(line):
            now.shared = True
            return self._in_use(line)
        return now if line.succeeded or now.quiet(line) <= _BESIDE else self._in_use(line)

    def _busy(self, line: LogLine) -> bool:
        return any(one.use and one.called and one.quiet(line) <= OVER for one in self.groups)

    def _in_use(self, line: LogLine) -> Group:
        for one in reversed(self.groups[-12:]):
            if one.use and one.quiet(line) <= OVER:
                return one
        group = Group(use=True)
        self.groups.append(group)
        return group

    def _same_page(self, group: Group, line: LogLine) -> bool:
        return any(
            one is Purpose.AUTHORIZE
            and (before.source, before.agent) == (line.source, line.agent)
            and before.parameters.get("client_id") == line.parameters.get("client_id")
            for before, one in group.found
        )


def between(one: LogLine, other: LogLine) -> float:
    return (other.time - one.time) if one.time is not None and other.time is not None else 0.0


def labelled(group: Group) -> Iterator[Seen]:
    """The lines with their steps, which depend on what went before."""
    token = connected = opened = asked = refused = False
    for line, what in group.found:
        voice = VOICES.get(speaker(line), Voice.RUNTIME)
        match what:
            case Purpose.INITIALIZE | Purpose.OTHER | Purpose.HEAD:
                if group.use or connected or (opened and voice is Voice.RUNTIME):
                    step = Step.SESSION
                else:
                    # After a 401 only a token helps, wherever it was issued.
                    with_token = token or (refused and voice is Voice.RUNTIME and line.succeeded)
                    step = Step.CONNECT if with_token else Step.CHALLENGE
                refused = refused or line.status == 401
                connected = connected or (step is Step.CONNECT and line.succeeded)
                opened = opened or (voice is Voice.RUNTIME and line.succeeded)
            case Purpose.STREAM | Purpose.END_SESSION:
                step = Step.SESSION if group.use or token or opened else Step.CHALLENGE
            case Purpose.TOKEN:
                again = group.use or asked
                step = Step.REFRESH if again else Step.TOKEN
                what = Purpose.REFRESH if again else what
                token = token or line.succeeded
                asked = asked or line.succeeded
            case _:
                step = _STEPS[what]
        yield Seen(line=line, step=step, purpose=what, voice=voice)


_STEPS = {
    Purpose.METADATA_PATH: Step.RESOURCE_METADATA,
    Purpose.METADATA_ROOT: Step.RESOURCE_METADATA,
    Purpose.RFC8414: Step.SERVER_METADATA,
    Purpose.OIDC: Step.SERVER_METADATA,
    Purpose.OIDC_APPENDED: Step.SERVER_METADATA,
    Purpose.REGISTER: Step.REGISTRATION,
    Purpose.AUTHORIZE: Step.AUTHORIZE,
    Purpose.PAGE: Step.LOGIN,
}
