"""Where an attempt stopped, step by step, when it did not connect."""

from harness.diagnosis.access_log.meaning import Meaning, too_slow
from harness.diagnosis.access_log.story import (
    REDIRECTS,
    Ending,
    Story,
    fails,
    request_of,
    status_of,
    undecided,
)
from harness.model.access_log import Seen
from harness.model.trace import Purpose, Step, Voice
from harness.model.verdict import Surface


def challenged(story: Story) -> Ending:
    asked = story.at(Step.CHALLENGE)
    last = asked[-1]
    through = [one for one in asked if one.line.status == 401]
    blocked = [one for one in asked if one.line.status == 403 and one.voice is Voice.RUNTIME]
    if blocked and any(one.voice is Voice.BROKER for one in through):
        return _edge(blocked[-1], story)
    if not through:
        return fails(last, f"the first call is answered {status_of(last)}", story)
    text = "the call is answered 401, and the metadata is never asked for here"
    means = Meaning(
        "the challenge names an address at another host, whose log has the rest; or Claude "
        "cannot read it; or something in front answers /.well-known/. The dialog that adds a "
        "connector looks like this too, until somebody connects",
        ("skips-discovery-401-x3", "resource-metadata-relative-url", "edge-auth-basic-mtls",
         "api-key-server-401"),
    )  # fmt: skip
    return fails(last, text, story, means)


def refused_call(story: Story) -> Ending:
    calls = story.at(Step.CONNECT)
    last = calls[-1]
    elsewhere = [one for one in calls if one.purpose is Purpose.OTHER]
    if last.line.status == 403 and any(
        one.voice is Voice.BROKER and one.line.status == 401 for one in story.at(Step.CHALLENGE)
    ) and not _let_in(story):  # fmt: skip
        return _edge(last, story)
    if len(elsewhere) == len(calls):
        names = ("post-auth-call-at-origin-root", "connector-url-case-mangled")
        means = Meaning("the call with the token goes to another path than the one before", names)
        return fails(last, f"{request_of(last)} instead of the endpoint", story, means)
    if any(one.line.status in REDIRECTS for one in calls):
        names = ("cross-host-redirect-drops-auth", "mcp-trailing-slash-redirect")
        means = Meaning("a redirect to another host costs the token", names)
        return fails(last, f"the call with the token is redirected, then {status_of(last)}",
                      story, means)  # fmt: skip
    return fails(last, f"the call with the token is answered {status_of(last)}", story)


def _let_in(story: Story) -> bool:
    """True when Claude-User itself got through before it had a token."""
    return any(
        one.voice is Voice.RUNTIME and one.line.status not in (403, 429)
        for one in story.at(Step.CHALLENGE)
    )


def _edge(last: Seen, story: Story) -> Ending:
    means = Meaning(
        "python-httpx got through at the same path, so a rule in front minds the User-Agent",
        ("edge-blocks-claude-user-agent",),
    )
    return fails(last, "Claude-User is answered 403, and python-httpx was not", story, means)


def never_called(story: Story) -> Ending:
    good = next(one for one in reversed(story.at(Step.TOKEN)) if one.line.succeeded)
    if not story.at(Step.CHALLENGE):
        text = "a token is issued; the calls with it go to a host that is not in this log"
        return undecided(text, good, Meaning("read the log of the MCP server's host too"))
    if (slow := too_slow(good, story.surface)) is not None:
        return fails(good, "the token came later than Claude waits", story, slow)
    means = Meaning(
        "something in front ate the call (its own log has it), or Claude could not use the token",
        ("bearer-never-sent", "edge-blocks-claude-user-agent",
         "edge-ip-allowlist-blocks-anthropic", "token-error-as-200"),
    )  # fmt: skip
    return fails(good, "a token is issued, and no call with it arrives", story, means)


def sign_in(story: Story) -> Ending:
    pages = story.at(Step.AUTHORIZE, Step.LOGIN)
    last = pages[-1]
    sent = [one for one in pages if one.line.method == "POST"]
    answer = sent[-1] if sent else last
    status = answer.line.status or 0
    if status in (307, 308) and sent:
        means = Meaning("such a redirect repeats the POST at Claude's callback, which takes a GET",
                        ("consent-redirect-307",))  # fmt: skip
        return fails(answer, f"the consent is answered {status}", story, means)
    if status >= 400:
        return fails(answer, f"{request_of(answer)} is answered {status}", story)
    if 300 <= status < 400:
        text = "the browser was sent on, and no token is asked for"
        ids = ("token-never-called", "callback-error-without-code",
               "authorize-redirect-uri-rejected", "authorize-login-loses-params")  # fmt: skip
        means = Meaning("where it was sent is not in the log: an error goes to Claude like this "
                        "too, and the token endpoint may be on another host", ids)  # fmt: skip
    else:
        text = "the sign-in page was shown, and it was not finished"
        ids = ("consent-csp-form-action", "consent-json-not-followed", "authorize-samesite-cookie",
               "token-never-called")  # fmt: skip
        means = Meaning("the user may simply have gone away; else the page does not lead back", ids)
    return fails(answer, text, story, means)


def went_no_further(good: Seen, story: Story) -> Ending:
    if story.surface is Surface.CLAUDE_CODE and good.step in (
        Step.RESOURCE_METADATA,
        Step.SERVER_METADATA,
    ):
        text = "Claude Code found the metadata, and nobody has signed in yet"
        means = Meaning("it says `Needs authentication`: sign in with /mcp or `claude mcp login`")
        return undecided(text, good, means)
    texts = {
        Step.RESOURCE_METADATA: (
            "the resource metadata is read, and nothing more is asked here",
            "the authorization server is on another host, whose log has the rest; or Claude "
            "does not take the document",
            "prm-authorization-servers-missing prm-resource-other-host prm-html-spa-fallback "
            "prm-internal-host",
        ),
        Step.SERVER_METADATA: (
            "the server's metadata is read, and neither a registration nor a sign-in follows",
            "Claude finds no way to register, or no endpoint it can use; or the sign-in page is "
            "on another host",
            "as-no-registration-mechanism as-metadata-not-json as-cimd-without-none "
            "as-endpoints-relative",
        ),
        Step.REGISTRATION: (
            "Claude registers, and no browser comes for the sign-in",
            "Claude does not take the answer; or the sign-in page is on another host; or the "
            "user went away",
            "dcr-loop-no-authorize dcr-null-or-empty-fields dcr-auth-method-echo",
        ),
    }
    text, reason, ids = texts[good.step]
    return fails(good, text, story, Meaning(reason, tuple(ids.split())))
