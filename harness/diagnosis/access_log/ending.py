"""How an attempt ended: connected, or where it stopped and what that usually means."""

from collections.abc import Sequence
from itertools import pairwise

from harness.diagnosis.access_log.meaning import Meaning, too_slow
from harness.diagnosis.access_log.stops import (
    challenged,
    never_called,
    refused_call,
    sign_in,
    went_no_further,
)
from harness.diagnosis.access_log.story import (
    REDIRECTS,
    Ending,
    Story,
    connects,
    fails,
    request_of,
    status_of,
    statuses_of,
    undecided,
)
from harness.model.access_log import Seen
from harness.model.trace import Purpose, Step, Voice
from harness.model.verdict import Verdict


def ending(story: Story) -> Ending:
    if story.use:
        return _use(story)
    return _connected(story) or _halfway(story) or _stopped(story)


def _use(story: Story) -> Ending:
    """Calls of a connection that was made before this log begins, and its refreshes."""
    good = [one for one in story.calls if one.line.succeeded]
    refused = [one for one in story.at(Step.REFRESH) if not one.line.succeeded]
    later = story.after(good[-1], refused) if good else refused
    if later and not any(one.line.succeeded for one in story.at(Step.REFRESH)[-1:]):
        last = later[-1]
        return fails(last, f"the refresh is answered {status_of(last)}", story)
    if good:
        return connects("the calls of a connection made earlier are answered", good[-1])
    bad = [one for one in story.calls if one.line.status != 401]
    if bad:
        last = bad[-1]
        return fails(
            last, f"every call is answered with an error, the last {status_of(last)}", story
        )
    text = "only calls without a token, as Anthropic sends them every few minutes, or refreshes"
    return Ending(verdict=Verdict.INCONCLUSIVE, headline=text, last=story.seen[-1])


def _connected(story: Story) -> Ending | None:
    good = [one for one in story.calls if one.line.status == 200]
    signed = bool(story.at(Step.TOKEN))
    if len(good) >= 2:
        return connects("the sign-in and the calls after it went well" if signed else
                         "the calls went well", good[-1])  # fmt: skip
    opened = [one for one in story.at(Step.CHALLENGE) if one.line.status == 200]
    opened += good
    refused = any(one.line.status == 401 for one in story.at(Step.CHALLENGE))
    heard = any(one.voice is Voice.RUNTIME for one in opened)
    if not signed and not refused and len(opened) >= 2 and heard:
        if any(story.at(Step.REGISTRATION)) and not story.succeeded(Step.REGISTRATION):
            return None
        return connects("the server answers without a sign-in", opened[-1])
    return None


def _halfway(story: Story) -> Ending | None:
    """One call was answered, and nothing tells whether Claude could use the answer."""
    good = [one for one in story.calls if one.line.succeeded]
    opened = [one for one in story.at(Step.CHALLENGE) if one.line.succeeded]
    if good:
        after = story.after(good[0], story.calls)
        failed = [one for one in after if not one.line.succeeded]
        if failed and failed[-1] is story.calls[-1]:
            text = f"a call is answered, and the next one {status_of(failed[-1])}"
            return fails(failed[-1], text, story)
        text = "a call is answered, and nothing more is asked after it"
        ids = ("json-rpc-shape-wrong", "mcp-response-content-type", "protocol-version-too-old")
        means = Meaning("what the answer says is not in an access log", ids)
        return undecided(text, good[-1], means)
    if opened and not story.at(Step.TOKEN, Step.REGISTRATION, Step.AUTHORIZE):
        text = "the first call is answered without a sign-in, and nothing more is asked"
        means = Meaning(
            "Claude takes such a server for one that needs no sign-in",
            ("unauthenticated-initialize-200", "json-rpc-shape-wrong", "challenge-on-200"),
        )
        return undecided(text, opened[-1], means)
    return None


def _stopped(story: Story) -> Ending:
    early = _without_metadata(story)
    if early is not None:
        return early
    step = story.furthest
    last = story.at(step)[-1]
    match step:
        case Step.CONNECT:
            return refused_call(story)
        case Step.TOKEN if story.succeeded(step):
            return never_called(story)
        case Step.AUTHORIZE | Step.LOGIN:
            return sign_in(story)
        case Step.CHALLENGE:
            return challenged(story)
    if not story.succeeded(step):
        return fails(last, f"{request_of(last)} is answered {status_of(last)}", story)
    good = next(one for one in reversed(story.at(step)) if one.line.succeeded)
    if (slow := too_slow(good, story.surface)) is not None:
        return fails(good, f"{request_of(good)} took longer than Claude waits", story, slow)
    return went_no_further(good, story)


def _without_metadata(story: Story) -> Ending | None:
    """The earliest cause: no metadata, and nothing of what was guessed in its place was there."""
    later = (Step.SERVER_METADATA, Step.REGISTRATION, Step.AUTHORIZE, Step.TOKEN)
    if any(story.succeeded(one) for one in later):
        return None
    asked = story.at(Step.RESOURCE_METADATA)
    if asked and not story.succeeded(Step.RESOURCE_METADATA):
        return fails(asked[-1], f"no resource metadata is found: {statuses_of(asked)}", story,
                     _moved(asked))  # fmt: skip
    if (unused := _not_used(story.seen)) is not None:
        text = "the resource metadata is answered 200, and Claude looks for another"
        ids = ("prm-html-spa-fallback", "prm-resource-other-host",
               "prm-authorization-servers-missing", "json-bom")  # fmt: skip
        means = Meaning("it would not ask the root form if it could use the path form", ids)
        return fails(unused, text, story, means)
    asked = story.at(Step.SERVER_METADATA)
    if asked:
        text = f"no metadata of the authorization server is found: {statuses_of(asked)}"
        return fails(asked[-1], text, story)
    return None


def _moved(asked: Sequence[Seen]) -> Meaning | None:
    if not any(one.line.status in REDIRECTS for one in asked):
        return None
    return Meaning("the address of the metadata redirects", ("i18n-locale-prefix",))


def _not_used(seen: Sequence[Seen]) -> Seen | None:
    """The path form that was there, when the root form was asked right after it."""
    for one, after in pairwise(seen):
        forms = (one.purpose, after.purpose)
        if one.line.status == 200 and forms == (Purpose.METADATA_PATH, Purpose.METADATA_ROOT):
            return one
    return None
