"""The first calls without a token, and the challenge they get."""

import re

from harness.diagnosis.reading import authless, evidence, opening, status_evidence
from harness.model.trace import Exchange, Purpose, Step, Trace, Voice
from harness.model.verdict import Evidence
from harness.model.wellknown import is_http_url, origin
from harness.specification.calls import negotiated
from harness.specification.reading import (
    Found,
    bearer_of,
    challenge_lines,
    challenges_of,
    opening_challenge,
    pointer,
    protected,
    refusals,
    resource_answers,
    resource_document,
    response,
    secure,
    shown,
    some,
    strings,
    when,
)
from harness.specification.reasons import OLD_TRANSPORT, ours
from harness.specification.requirement import (
    Requirement,
    Revision,
    requirement,
    unseen,
)

_QUOTING = re.compile(r".* needs quotes|single quotes around a value")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")
_BAD_IN_SCOPE = re.compile(r"[,\[\]]")


@requirement("probe-401")
def asks_for_a_token(trace: Trace) -> Found:
    """A protected server answers the era's first call without a token with 401."""
    when(protected(trace) and not authless(trace))
    found = [opening(trace, Voice.BROKER)]
    if negotiated(trace) is Revision.V2026_07_28:
        found.append(opening(trace, Voice.RUNTIME, Purpose.DISCOVER))
    for one in some(one for one in found if one is not None and one.response is not None):
        if one.status != 401:
            yield status_evidence(one, "401")


@requirement("probe-401-before-dispatch")
def token_before_method(trace: Trace) -> Found:
    """A token is asked for before the method and the version are looked at."""
    when(protected(trace) and not authless(trace))
    foreign = Purpose.INITIALIZE if negotiated(trace) is Revision.V2026_07_28 else Purpose.DISCOVER
    one = shown(opening(trace, Voice.RUNTIME, foreign))
    when(one.response)
    if one.status != 401:
        yield status_evidence(one, "401 for a method of the other era too")


@requirement("probe-401-all-methods")
def every_method_asks(trace: Trace) -> Found:
    """A GET without a token (its HEAD, here) is neither served nor redirected."""
    when(not authless(trace) and protected(trace))
    one = shown(trace.last(Step.CHALLENGE, Purpose.HEAD))
    if 200 <= response(one).status < 400:
        yield status_evidence(one, "401 or 405")


@requirement("probe-challenge-present")
def bearer_challenge(trace: Trace) -> Found:
    """Every 401 of the MCP URL carries a Bearer challenge."""
    for one in refusals(trace):
        if bearer_of(one) is None:
            text = ", ".join(challenge_lines(one)) or "(absent)"
            yield evidence(one, "response.header.www-authenticate", text, "a Bearer challenge")


@requirement("probe-rm-0618")
def pointer_given(trace: Trace) -> Found:
    """The Bearer challenge names the resource metadata."""
    one, challenge = opening_challenge(trace)
    when(one.status == 401)
    if "resource_metadata" not in challenge.params:
        yield _challenge_evidence(one, "resource_metadata")


@requirement("probe-rm-or-wellknown")
def metadata_can_be_found(trace: Trace) -> Found:
    """The challenge names the resource metadata, or a well-known address holds it."""
    one = shown(opening(trace, Voice.BROKER))
    when(one.status == 401 and resource_answers(trace))
    served = any(each.json_object for each in resource_answers(trace) if each.status == 200)
    if pointer(trace) is None and not served:
        yield evidence(
            one,
            "response.header.www-authenticate",
            ", ".join(challenge_lines(one)) or "(absent)",
            "resource_metadata, or a document at a well-known address",
        )


@requirement("probe-rm-url")
def pointer_leads_to_metadata(trace: Trace) -> Found:
    """resource_metadata is an absolute https URL that answers 200."""
    one, challenge = opening_challenge(trace)
    url = shown(challenge.params.get("resource_metadata"))
    if not is_http_url(url) or not secure(url):
        yield evidence(one, "response.header.www-authenticate", url, "an absolute https URL")
        return
    answer = trace.last(Step.RESOURCE_METADATA, Purpose.METADATA_POINTER)
    if shown(answer).status != 200:
        yield status_evidence(shown(answer), "200")


@requirement("probe-rm-https-behind-proxy")
def pointer_has_the_public_name(trace: Trace) -> Found:
    """Scheme and host of resource_metadata are those the client dialled."""
    one, challenge = opening_challenge(trace)
    url = shown(challenge.params.get("resource_metadata"))
    when(is_http_url(url) and is_http_url(trace.target))
    if origin(url) != origin(trace.target):
        yield evidence(one, "response.header.www-authenticate", url, origin(trace.target))


@requirement("probe-grammar")
def challenge_parses(trace: Trace) -> Found:
    """A challenge has parameters, each once, in the grammar of HTTP."""
    for one in some(each for each in refusals(trace) if challenge_lines(each)):
        for challenge in challenges_of(one):
            wrong = [text for text in challenge.violations if not _QUOTING.fullmatch(text)]
            if challenge.scheme.lower() == "bearer" and not challenge.params:
                wrong.append("no parameter behind Bearer")
            for text in wrong:
                yield _challenge_evidence(one, f"no fault in the grammar ({text})")


@requirement("probe-param-quoting")
def values_quoted(trace: Trace) -> Found:
    """A value with characters that no token has stands in double quotes."""
    for one in some(each for each in refusals(trace) if challenge_lines(each)):
        for challenge in challenges_of(one):
            for text in challenge.violations:
                if _QUOTING.fullmatch(text):
                    yield _challenge_evidence(one, f"double quotes ({text})")


@requirement("probe-bearer-first")
def bearer_comes_first(trace: Trace) -> Found:
    """Among several challenges Bearer comes first."""
    for one in some(each for each in refusals(trace) if bearer_of(each)):
        first = challenges_of(one)[0].scheme
        if first.lower() != "bearer":
            yield evidence(one, "response.header.www-authenticate", first, "Bearer first")


@requirement("probe-no-error-without-token")
def no_error_without_a_token(trace: Trace) -> Found:
    """A challenge to a call without a token names no error."""
    for one in some(each for each in refusals(trace) if bearer_of(each)):
        params = shown(bearer_of(one)).params
        for name in ("error", "error_description", "error_uri"):
            if name in params:
                yield evidence(
                    one, "response.header.www-authenticate", f"{name}={params[name]}", "no error"
                )


@requirement("probe-scope-hint")
def scope_named(trace: Trace) -> Found:
    """The challenge names the scope that the resource needs."""
    one, challenge = opening_challenge(trace)
    when(one.status == 401)
    if not challenge.params.get("scope"):
        needed = strings(resource_document(trace)[1].get("scopes_supported"))
        when(needed)
        yield _challenge_evidence(one, "scope")


@requirement("probe-scope-syntax")
def scope_well_formed(trace: Trace) -> Found:
    """The scope is one list of scope tokens with single spaces between them."""
    one, challenge = opening_challenge(trace)
    scope = shown(challenge.params.get("scope"))
    twice = "scope given twice" in challenge.violations
    if twice or not _SCOPE.fullmatch(scope) or _BAD_IN_SCOPE.search(scope):
        yield evidence(one, "response.header.www-authenticate", scope or "(empty)", "scope tokens")


@requirement("probe-no-offline-access")
def no_offline_access(trace: Trace) -> Found:
    """The challenge does not ask for offline_access."""
    one, challenge = opening_challenge(trace)
    if "offline_access" in shown(challenge.params.get("scope")).split():
        yield _challenge_evidence(one, "no offline_access")


@requirement("probe-authless-consistency")
def open_to_all_or_to_none(trace: Trace) -> Found:
    """A server that lets anybody in does not ask for a token at the first tool call."""
    when(authless(trace))
    for one in some(trace.at(Step.SESSION, Purpose.CALL_TOOL)):
        if one.status == 401:
            yield status_evidence(one, "200, as every call before")


_UNSEEN = (
    unseen(
        "probe-sse-fallback-status",
        "A server of the old transport alone refuses a POST with 400, 404 or 405.",
        OLD_TRANSPORT,
    ),
    unseen(
        "c-parse-challenge",
        "The challenge is parsed by the grammar; only 401 starts the sign-in.",
        ours("model.challenge and harness.client.probe"),
    ),
    unseen(
        "c-no-auth-first",
        "The first call carries no token, and discovery follows in Claude's order.",
        ours("client.connect"),
    ),
)


def _challenge_evidence(exchange: Exchange, expected: str) -> Evidence:
    text = ", ".join(challenge_lines(exchange))
    return evidence(exchange, "response.header.www-authenticate", text, expected)


ROWS: tuple[Requirement, ...] = (
    asks_for_a_token,
    token_before_method,
    every_method_asks,
    bearer_challenge,
    pointer_given,
    metadata_can_be_found,
    pointer_leads_to_metadata,
    pointer_has_the_public_name,
    challenge_parses,
    values_quoted,
    bearer_comes_first,
    no_error_without_a_token,
    scope_named,
    scope_well_formed,
    no_offline_access,
    open_to_all_or_to_none,
    *_UNSEEN,
)
