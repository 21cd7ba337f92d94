"""What some access logs show of Claude: the attempts, and the one that decides."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness.diagnosis.access_log.attempt import Group, Stream, labelled
from harness.diagnosis.access_log.ending import ending
from harness.diagnosis.access_log.gather import Gathering
from harness.diagnosis.access_log.label import mcp_paths, normal
from harness.diagnosis.access_log.meaning import too_slow
from harness.diagnosis.access_log.rungs import rungs
from harness.diagnosis.access_log.story import REDIRECTS, Ending, Story
from harness.diagnosis.access_log.streams import streams
from harness.diagnosis.catalogue import Scenario, scenario
from harness.diagnosis.speaker import sureness
from harness.model.access_log import Attempt, LogDiagnosis, Seen, Sureness, Suspect
from harness.model.trace import Purpose, Step, Voice
from harness.model.verdict import Surface, Verdict

_ABSENT = (
    "zero-inbound-start-error",
    "dns-non-public-address",
    "tls-chain-incomplete",
    "port-not-443",
    "about-blank-loop",
)
_NEXT = {
    Step.CHALLENGE: "a POST to the MCP endpoint that is answered 401, then the metadata",
    Step.RESOURCE_METADATA: "GET /.well-known/oauth-authorization-server on the host that the "
    "resource metadata names",
    Step.SERVER_METADATA: "POST to the registration endpoint, or the browser at the sign-in page",
    Step.REGISTRATION: "the browser at the authorization endpoint",
    Step.AUTHORIZE: "the sign-in and consent pages, then a POST to the token endpoint",
    Step.LOGIN: "a POST to the token endpoint, after the browser came to Claude's callback",
    Step.TOKEN: "a POST to the MCP endpoint with the token",
    Step.CONNECT: "a call that is answered 200, then the list of tools",
    Step.SESSION: "the list of tools, and calls of them",
    Step.REFRESH: "a call with the new token",
}


def diagnose_log(
    gathering: Gathering,
    *,
    files: tuple[str, ...],
    mcp_path: str | None = None,
    unreadable: int = 0,
    first_unreadable: str | None = None,
    damaged: tuple[str, ...] = (),
    known: Sequence[Scenario],
) -> LogDiagnosis:
    """Everything that the gathered lines show; their secrets are out already."""
    lines, elsewhere = gathering.lines()
    counts = gathering.counts(
        unreadable=unreadable, first_unreadable=first_unreadable, elsewhere=elsewhere
    )
    paths, how = mcp_paths(lines) if mcp_path is None else ((normal(mcp_path),), "as given")
    attempts = tuple(
        _attempt(stream, group, known)
        for stream in streams(lines, paths)
        for group in stream.groups
        if group.found
    )
    attempts = tuple(sorted(attempts, key=lambda one: one.started or 0.0))
    decisive = _decisive(attempts)
    verdict = _verdict(decisive)
    return LogDiagnosis(
        files=files,
        verdict=verdict,
        headline=_headline(counts.claude, counts.read, decisive),
        counts=counts,
        mcp_path=paths[0] if paths else None,
        mcp_path_from=how,
        attempts=attempts,
        decisive=decisive,
        suspects=_suspects(_ABSENT, known) if not attempts else (),
        damaged=damaged,
    )


def said(attempt: Attempt) -> str:
    """The verdict on an attempt as one sentence."""
    match attempt.verdict:
        case Verdict.CONNECTS:
            return f"CONNECTED as far as this log shows: {attempt.headline}"
        case Verdict.FAILS:
            return f"STOPS at {attempt.stopped_at}: {attempt.headline}"
        case Verdict.INCONCLUSIVE:
            return f"INCONCLUSIVE: {attempt.headline}"


def _attempt(stream: Stream, group: Group, known: Sequence[Scenario]) -> Attempt:
    story = Story(tuple(labelled(group)), stream.surface, group.use)
    end = _as_far_as_known(ending(story), story, group)
    sure, because = sureness(one.line for one in story.seen)
    means = end.means
    return Attempt(
        surface=stream.surface,
        seen=story.seen,
        verdict=end.verdict,
        stopped_at=end.step if end.verdict is Verdict.FAILS else None,
        headline=end.headline,
        rungs=rungs(story, end),
        decides=end.last,
        next=_NEXT.get(end.step) if end.step and end.verdict is not Verdict.CONNECTS else None,
        means=means.text if means else None,
        suspects=_suspects(means.ids, known) if means else (),
        notes=tuple(_notes(story, end, group)),
        sureness=sure,
        sure_because=because,
        shared=group.shared,
    )


def _as_far_as_known(end: Ending, story: Story, group: Group) -> Ending:
    """A sign-in at another host, while others call the server, may have succeeded unseen."""
    if not group.shared or end.verdict is not Verdict.FAILS or story.at(Step.TOKEN):
        return end
    text = f"{end.headline}; others use the server meanwhile, so it may have connected"
    return replace(end, verdict=Verdict.INCONCLUSIVE, headline=text)


def _notes(story: Story, end: Ending, group: Group) -> Iterator[str]:
    if group.shared:
        yield (
            "Claude's requests for several users look alike in a log: two sign-ins or "
            "connections ran at once here, and some lines may be the other's."
        )
    opening = story.at(Step.CHALLENGE)
    if end.verdict is Verdict.CONNECTS:
        yield from _risks(story, opening, old=group.use)
    blocked = any(one.line.status == 403 and one.voice is Voice.RUNTIME for one in opening)
    if blocked and end.step not in (None, Step.CHALLENGE, Step.CONNECT):
        yield "Claude-User was answered 403 before the sign-in: edge-blocks-claude-user-agent."


def _risks(story: Story, opening: Sequence[Seen], *, old: bool) -> Iterator[str]:
    """What is worth a look although the connection came about."""
    statuses = [one.line.status or 0 for one in story.calls]
    if lacking := sum(one in (400, 404, 405, 501) for one in statuses):
        yield (
            f"{lacking} of {len(statuses)} calls were answered 400, 404 or the like, as methods "
            "may be that a server lacks (prompts/list)."
        )
    if failed := sum(one >= 500 or one in (403, 429) for one in statuses):
        yield f"{failed} of {len(statuses)} calls failed (403, 429 or a server error)."
    if any(one.line.status in REDIRECTS for one in opening):
        yield "The first call was redirected: enter the final URL in Claude."
    first = next((one for one in story.calls if one.line.succeeded), None)
    if not old and first and (slow := too_slow(first, story.surface)):
        yield f"The first call is a risk: {slow.text} (initialize-slow-10s)."
    asked = [one.line.status or 0 for one in story.seen if one.purpose is Purpose.STREAM]
    if any(one == 404 or one >= 500 for one in asked):
        yield "GET is answered 404 or an error where 405 is right (get-returns-404)."


def _decisive(attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """Of each surface its latest attempt that shows an end; what is doubtful decides last."""
    attempts = [one for one in attempts if one.sureness is not Sureness.DOUBTFUL] or attempts
    surfaces: dict[Surface | None, list[Attempt]] = {}
    for one in attempts:
        surfaces.setdefault(one.surface, []).append(one)
    return tuple(_lost(ones) or _latest(ones) for ones in surfaces.values())


def _lost(attempts: Sequence[Attempt]) -> Attempt | None:
    """What ended a connection that was made before; a single failed call does not."""
    last = attempts[-1]
    broken = last.stopped_at is Step.REFRESH or len(last.seen) >= 3
    return last if _is_use(last) and last.verdict is Verdict.FAILS and broken else None


def _latest(attempts: Sequence[Attempt]) -> Attempt:
    tried = [one for one in attempts if not _is_use(one)] or attempts
    clear = [one for one in tried if one.verdict is not Verdict.INCONCLUSIVE]
    if not clear:
        others = [one for one in attempts if one.verdict is not Verdict.INCONCLUSIVE]
        return tried[-1] if not _is_use(tried[-1]) or not others else others[-1]
    # Somebody who did not finish a sign-in is no fault where another one connected.
    for one in reversed(clear):
        if one.verdict is Verdict.CONNECTS or not _unfinished(one):
            return one
    return clear[-1]


def _is_use(attempt: Attempt) -> bool:
    return all(one.step in (Step.SESSION, Step.REFRESH) for one in attempt.seen)


def _unfinished(attempt: Attempt) -> bool:
    """A sign-in without a refusal that ends at a page, or a look at the endpoint and no more."""
    statuses = {one.line.status for one in attempt.seen if one.purpose is not Purpose.HEAD}
    looked = statuses <= {401} and attempt.stopped_at is Step.CHALLENGE
    status = attempt.decides.line.status if attempt.decides else None
    human = attempt.stopped_at in (Step.AUTHORIZE, Step.LOGIN)
    return looked or (human and status is not None and status < 400)


def _verdict(decisive: Sequence[Attempt]) -> Verdict:
    verdicts = {one.verdict for one in decisive}
    for verdict in (Verdict.FAILS, Verdict.CONNECTS):
        if verdict in verdicts:
            return verdict
    return Verdict.INCONCLUSIVE


def _headline(claude: int, read: int, decisive: Sequence[Attempt]) -> str:
    if decisive:
        worst = _verdict(decisive)
        return said(next(one for one in reversed(decisive) if one.verdict is worst))
    if claude:
        return f"INCONCLUSIVE: {claude} requests may be Claude's, and none is part of a connection"
    return f"NOTHING FROM CLAUDE: {read} requests, and none is Claude's"


def _suspects(ids: Sequence[str], known: Sequence[Scenario]) -> tuple[Suspect, ...]:
    found = (scenario(one, known) for one in ids)
    return tuple(Suspect(id=one.id, title=one.article.title) for one in found if one is not None)
