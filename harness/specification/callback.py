"""What the authorization server sends to the callback."""

import re

from harness.diagnosis.reading import evidence
from harness.model.trace import Trace
from harness.specification.reading import (
    Found,
    callbacks,
    parameters,
    published,
    query,
    sign_ins,
    some,
    when,
)
from harness.specification.reasons import TIME, not_ours, ours
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)

_ONCE = ("code", "state", "iss", "error")
_ERROR = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")


@requirement("cb-exact-uri")
def address_kept(trace: Trace) -> Found:
    """The browser is sent to the redirect URI of the request, with parameters added."""
    for asked, back in sign_ins(trace):
        uri = query(asked.request.url).get("redirect_uri", [""])[0]
        base, _, rest = uri.partition("?")
        kept = not rest or f"?{rest}" in back.request.url
        if uri and (back.request.url.partition("?")[0] != base or not kept):
            yield evidence(back, "request.url", back.request.url.partition("?")[0], uri)


@requirement("cb-code")
def one_code(trace: Trace) -> Found:
    """A success carries one code and no error."""
    for one in callbacks(trace):
        values = parameters(one)
        code, error = values.get("code", []), values.get("error", [])
        if error and code:
            yield evidence(one, "request.query.error", error[0], "a code or an error, not both")
        elif not error and (not code or not code[0]):
            yield evidence(one, "request.query.code", "(absent)", "a code")


@requirement("cb-state")
def state_returned(trace: Trace) -> Found:
    """state comes back as it was sent, with errors too."""
    for asked, back in sign_ins(trace):
        sent = query(asked.request.url).get("state", [])
        when(sent)
        found = parameters(back).get("state", [])
        if found[:1] != sent[:1]:
            text = "(another value)" if found else "(absent)"
            yield evidence(back, "request.query.state", text, "the state of the request")


@requirement("cb-no-dup")
def parameters_once(trace: Trace) -> Found:
    """No parameter of the answer comes twice."""
    for one in callbacks(trace):
        for name in _ONCE:
            count = len(parameters(one).get(name, []))
            if count > 1:
                yield evidence(one, f"request.query.{name}", f"{count} times", "once")


@requirement("cb-iss-present")
def issuer_sent(trace: Trace) -> Found:
    """The answer names its issuer."""
    for one in callbacks(trace):
        if not parameters(one).get("iss"):
            yield evidence(one, "request.query.iss", "(absent)", "the issuer")


@requirement("cb-iss-value")
def issuer_matches(trace: Trace) -> Found:
    """iss is, letter by letter, the issuer of the metadata."""
    expected = published(trace, "issuer")[1]
    named = [one for one in callbacks(trace) if parameters(one).get("iss")]
    for one in some(named):
        found = parameters(one)["iss"][0]
        if found != expected:
            yield evidence(one, "request.query.iss", found, str(expected))


@requirement("cb-iss-promised")
def promise_kept(trace: Trace) -> Found:
    """iss never lacks where the metadata announces it."""
    flag = published(trace, "authorization_response_iss_parameter_supported")[1]
    when(flag is True)
    for one in callbacks(trace):
        if not parameters(one).get("iss"):
            yield evidence(one, "request.query.iss", "(absent)", "the issuer, as announced")


@requirement("cb-no-token")
def no_token_in_the_front(trace: Trace) -> Found:
    """No token and no fragment travels through the browser."""
    for one in callbacks(trace):
        for name in ("access_token", "id_token"):
            if name in parameters(one):
                yield evidence(one, f"request.query.{name}", "(a token)", "no token")
    for asked, back in sign_ins(trace):
        for one in trace.exchanges[asked.n - 1 : back.n - 1]:
            location = one.response.header("location") if one.response else None
            if location and "#" in location and "_token=" in location.partition("#")[2]:
                yield evidence(one, "response.header.location", "(a token)", "no fragment")


@requirement("cb-error-code")
def error_well_formed(trace: Trace) -> Found:
    """An error is a code of the characters that are allowed."""
    errors = [(one, each) for one in callbacks(trace) for each in parameters(one).get("error", [])]
    for one, error in some(errors):
        if not _ERROR.fullmatch(error):
            yield evidence(one, "request.query.error", error or "(empty)", "an error code")


_UNSEEN = (
    unseen("cb-code-short-lived", "A code that is ten minutes old is refused.", TIME),
    unseen(
        "c-cb-state",
        "An answer without the right state is thrown away unread.",
        ours("client.authorization"),
    ),
    unseen(
        "c-cb-iss-table",
        "A wrong or missing iss is refused.",
        not_ours("claude.ai was seen to ignore iss, so ours does by its profile"),
    ),
    unseen("c-cb-iss-no-normalise", "iss is compared as it stands.", ours("client.authorization")),
    unseen(
        "c-cb-iss-error",
        "Error texts of a wrong issuer are not believed.",
        not_ours("claude.ai was seen to ignore iss, so ours does by its profile"),
    ),
    unseen(
        "c-cb-listener",
        "Only the user's own browser can reach the callback.",
        ours("proxy.callback"),
    ),
    unseen(
        "c-cb-ignore-unknown",
        "Parameters that are not known are ignored.",
        ours("client.authorization"),
    ),
)

ROWS: tuple[Requirement, ...] = (
    address_kept,
    one_code,
    state_returned,
    parameters_once,
    issuer_sent,
    issuer_matches,
    promise_kept,
    no_token_in_the_front,
    error_well_formed,
    *_UNSEEN,
)
