"""Takes from a stream of lines those that may belong to Claude; bounded, however long it is."""

from collections import Counter, OrderedDict
from collections.abc import Iterator

from harness.diagnosis.access_log.label import is_asset, is_authorize, metadata
from harness.diagnosis.speaker import (
    HOSTED,
    LOCAL,
    Speaker,
    is_anthropic,
    speaker,
)
from harness.model.access_log import Counts, LogLine

KEPT = 20_000
"""Lines that are judged, the newest; a sign-in takes some twenty."""
_NEWEST = 2000
"""Calls that stay in any case."""
_AFTER = 120.0
"""Seconds after another request in which calls belong to what it began."""
_BROWSERS = 1000
_OTHERS = 500
_SIGN_IN = 1800.0
"""Seconds for which the pages of a browser belong to its sign-in."""


class Gathering:
    """The lines to judge, and the counts of all others."""

    def __init__(self) -> None:
        self._kept: list[LogLine] = []
        self._browsers: OrderedDict[tuple[str, str | None], float | None] = OrderedDict()
        self._others: Counter[str] = Counter()
        self.read = self.claude = self.dropped = self.crawlers = self.no_http = 0
        self.first: float | None = None
        self.last: float | None = None

    def wants(self, line: LogLine) -> bool:
        """Counts a line; True when it is to be kept."""
        self.read += 1
        if line.time is not None:
            self.first = line.time if self.first is None else min(self.first, line.time)
            self.last = line.time if self.last is None else max(self.last, line.time)
        if not line.method:
            self.no_http += 1
            return False
        who = speaker(line)
        if who in (*HOSTED, *LOCAL):
            self.claude += 1
            return True
        if who is Speaker.CRAWLER:
            self.crawlers += 1
            return False
        if who is Speaker.BROWSER:
            return self._browsed(line)
        if who is Speaker.UNNAMED:
            return line.method in ("POST", "DELETE") or bool(metadata(line)) or is_authorize(line)
        if line.method == "POST" or metadata(line):
            self._count_other(line)
        return False

    def keep(self, line: LogLine) -> None:
        self._kept.append(line)
        if len(self._kept) >= 2 * KEPT:
            self._prune()

    def lines(self) -> tuple[list[LogLine], int]:
        """The kept lines in order of time, and how many were set aside as not Claude's.

        Where Anthropic's addresses show at all, a line of Claude's name from elsewhere is
        somebody's test, or another program of the same name.
        """
        self._prune()
        visible = any(is_anthropic(one) for one in self._kept)
        if not visible:
            return self._kept, 0
        own = [one for one in self._kept if speaker(one) not in HOSTED or is_anthropic(one)]
        return own, len(self._kept) - len(own)

    def counts(self, *, unreadable: int, first_unreadable: str | None, elsewhere: int) -> Counts:
        return Counts(
            read=self.read,
            unreadable=unreadable,
            first_unreadable=first_unreadable,
            claude=self.claude,
            dropped=self.dropped,
            crawlers=self.crawlers,
            elsewhere=elsewhere,
            no_http=self.no_http,
            others=tuple(self._others.most_common(4)),
            first=self.first,
            last=self.last,
        )

    def _browsed(self, line: LogLine) -> bool:
        key = (line.source, line.agent)
        if is_authorize(line):
            self._browsers[key] = line.time
            self._browsers.move_to_end(key)
            if len(self._browsers) > _BROWSERS:
                self._browsers.popitem(last=False)
            return True
        if key not in self._browsers or is_asset(line):
            return False
        began = self._browsers[key]
        return began is None or line.time is None or line.time - began <= _SIGN_IN

    def _count_other(self, line: LogLine) -> None:
        program = (line.agent or "without a name").partition("/")[0][:30]
        if program in self._others or len(self._others) < _OTHERS:
            self._others[program] += 1

    def _prune(self) -> None:
        # Stable, so that lines of one second stay as they were written.
        if all(one.time is not None for one in self._kept):
            self._kept.sort(key=lambda one: one.time or 0.0)
        if len(self._kept) <= KEPT:
            return
        thinned = list(_thinned(self._kept))[-KEPT:]
        self.dropped += len(self._kept) - len(thinned)
        self._kept = thinned


def _thinned(lines: list[LogLine]) -> Iterator[LogLine]:
    """All lines but older calls that went well, of which sign-ins are few beside."""
    since: float | None = None
    for index, line in enumerate(lines):
        call = line.succeeded and speaker(line) in (Speaker.RUNTIME, Speaker.CODE)
        if not call or line.time is None:
            since = line.time
        elif len(lines) - index > _NEWEST and (since is None or line.time - since > _AFTER):
            continue
        yield line
