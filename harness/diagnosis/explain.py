"""Finds the known failures behind words: an id, a text Claude showed, a pasted claude.ai URL."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from urllib.parse import parse_qsl, urlsplit

from harness.diagnosis.catalogue import Scenario
from harness.diagnosis.pattern import Detectable
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Shows, Surface

MOST = 8
_SURE = list(Confidence)


@dataclass(frozen=True)
class Explanation:
    """What some words mean: the facts about them, then the likeliest failures first."""

    facts: tuple[str, ...] = ()
    candidates: tuple[Scenario, ...] = ()


@dataclass(frozen=True)
class _Meaning:
    """What one parameter of a return to claude.ai says."""

    text: str
    steps: tuple[Step, ...] = ()
    ids: tuple[str, ...] = field(default=())


_BEFORE = (Step.REACH, Step.CHALLENGE, Step.RESOURCE_METADATA, Step.SERVER_METADATA)
_PARAMETERS: Mapping[tuple[str, str], _Meaning] = {
    ("step", "start_error"): _Meaning(
        "it failed before the browser left for the sign-in page: the server was not reached, its "
        "metadata not found, or the registration refused",
        (*_BEFORE, Step.REGISTRATION),
        ("zero-inbound-start-error",),
    ),
    ("step", "end_error"): _Meaning(
        "the sign-in page was passed; the token request or the first call with the token failed",
        (Step.TOKEN, Step.CONNECT),
    ),
    ("step", "success"): _Meaning("Claude takes the connection for established", (Step.SESSION,)),
    ("oauth_error", "McpAuthorizationError"): _Meaning(
        "a token was issued, and the first call with it was answered 401 or 403",
        (Step.CONNECT,),
        ("edge-blocks-claude-user-agent", "bearer-audience-mismatch"),
    ),
    ("oauth_error", "McpServerError"): _Meaning(
        "a token was issued, and the first call with it got a server error or no MCP answer",
        (Step.CONNECT, Step.SESSION),
    ),
    ("oauth_error", "unauthorized_client"): _Meaning(
        "the token endpoint refused the client: a wrong secret, or another way to authenticate",
        (Step.TOKEN,),
        ("token-static-secret-wrong",),
    ),
    ("error_code", "mcp_registration_failed"): _Meaning(
        "registration failed, or something before it that led to a wrong registration address",
        (Step.REGISTRATION, *_BEFORE),
        ("dcr-redirect-host-rejected", "dcr-endpoint-404"),
    ),
    ("error_code", "mcp_token_exchange_failed"): _Meaning(
        "the token endpoint did not give a token", (Step.TOKEN,)
    ),
    ("error_code", "mcp_client_invalid"): _Meaning(
        "the client Claude registered earlier is not known to the server any more",
        (),
        ("dcr-stale-client-cached-by-claude", "dcr-clients-not-persisted"),
    ),
    ("error_code", "mcp_auth_start_failed"): _Meaning(
        "the sign-in could not be started",
        (*_BEFORE, Step.REGISTRATION),
        ("zero-inbound-start-error", "api-key-server-401"),
    ),
    ("error_code", "mcp_insufficient_scope"): _Meaning(
        "a call asked for a scope that the token lacks",
        (Step.STEP_UP,),
        ("step-up-403-ignored",),
    ),
    ("oauth_error_subtype", "provider_redirect"): _Meaning(
        "the authorization server sent the browser back with an error",
        (Step.CALLBACK,),
        ("callback-error-without-code",),
    ),
}
_DISPROVED = (
    (
        re.compile(r"\bcookies?\b", re.IGNORECASE),
        "Browser cookies were suspected and ruled out by the one who reported them "
        "(github.com/anthropics/claude-ai-mcp/issues/683).",
    ),
    (
        re.compile(r"\btoken_type\b|\bbearer\b.*\b(case|casing|lower)", re.IGNORECASE),
        "The letter case of token_type is no cause: Bearer and bearer both stand in working "
        "connections (github.com/anthropics/claude-ai-mcp/issues/690).",
    ),
    (
        re.compile(r"\bregistration_client_uri\b", re.IGNORECASE),
        "registration_client_uri is not needed; servers without it work.",
    ),
    (
        re.compile(r"\b200\b.*\b201\b|\b201\b.*\b200\b", re.IGNORECASE),
        "Registration may answer 200 or 201; both lead on.",
    ),
)

# fmt: off
_STOP_WORDS = frozenset({
    "about", "again", "and", "any", "are", "but", "can", "could", "did", "does", "for", "from",
    "get", "gets", "had", "has", "have", "how", "into", "its", "not", "now", "our", "that",
    "the", "then", "there", "they", "this", "too", "was", "what", "when", "where", "which",
    "who", "why", "will", "with", "would", "you", "your",
})
# fmt: on


def explain(words: str, known: Sequence[Scenario]) -> Explanation:
    """The meaning of what a user pasted; no candidates when nothing fits."""
    words = words.strip()
    if "://" in words and "claude." in words:
        return _returned(words, known)
    facts = [text for pattern, text in _DISPROVED if pattern.search(words)]
    parameters = dict(re.findall(r"\b(step|oauth_error|error_code)=([\w.-]+)", words))
    if parameters:
        found = _by_parameters(parameters, known)
        return Explanation((*facts, *found.facts), found.candidates)
    shown = _shown(words)
    if shown is not None:
        facts.append(f"Claude shows that text: {shown}")
        direct = [one for one in known if one.pattern.claude_shows == shown]
        rest = [one for one in _by_words(words, known) if one not in direct]
        return Explanation(tuple(facts), (*_ordered(direct), *rest)[:MOST])
    return Explanation(tuple(facts), tuple(_by_words(words, known)[:MOST]))


def _returned(url: str, known: Sequence[Scenario]) -> Explanation:
    """A URL with which Claude sent the browser back."""
    start = url.index("://")
    address = url[max(url.rfind(" ", 0, start), -1) + 1 :].split()[0]
    parameters = dict(parse_qsl(urlsplit(address).query))
    if urlsplit(address).path.endswith("/auth_callback"):
        return _callback(parameters, known)
    found = _by_parameters(parameters, known)
    flow = parameters.get("flow_id") or parameters.get("ofid")
    facts = list(found.facts)
    if flow:
        facts.append(f"flow_id {flow}: name it when you write to Anthropic; it expires")
    return Explanation(tuple(facts), found.candidates)


def _callback(parameters: Mapping[str, str], known: Sequence[Scenario]) -> Explanation:
    facts = ["this is Claude's callback: the authorization server has answered"]
    if "error" in parameters:
        said = parameters.get("error_description")
        facts.append(f"it answered the error {parameters['error']}" + (f": {said}" if said else ""))
    facts += [f"the {name} is missing" for name in ("code", "state") if name not in parameters]
    return Explanation(
        tuple(facts), tuple(_ordered(one for one in known if one.pattern.step is Step.CALLBACK))
    )


def _by_parameters(parameters: Mapping[str, str], known: Sequence[Scenario]) -> Explanation:
    meanings = [
        (f"{name}={value}", _PARAMETERS[name, value])
        for name, value in parameters.items()
        if (name, value) in _PARAMETERS
    ]
    facts = tuple(f"{name}: {meaning.text}" for name, meaning in meanings)
    named = [one for _, meaning in meanings for one in meaning.ids]
    # What every parameter allows is likelier than what one of them does.
    steps = [set(meaning.steps) for _, meaning in meanings if meaning.steps]
    common = set.intersection(*steps) if steps else set()
    wanted = common or set().union(*steps)
    first = [one for name in named for one in known if one.id == name]
    rest = _ordered(
        one for one in known if one.pattern.step in wanted and _breaks(one) and one not in first
    )
    # A meaning names the likeliest step first; the parameter that says most comes last.
    likeliest = next((meaning.steps[0] for _, meaning in meanings[::-1] if meaning.steps), None)
    rest.sort(key=lambda one: one.pattern.step is not likeliest)
    return Explanation(facts, (*first, *rest)[:MOST])


def _shown(words: str) -> str | None:
    """The text of Claude that some words are, or are part of; None when they are not."""
    normal = _normal(words)
    if len(normal) < 12:
        return None
    best, score = None, 0.0
    for text in Shows:
        candidate = _normal(text)
        ratio = SequenceMatcher(None, normal, candidate).ratio()
        if normal in candidate or candidate in normal:
            ratio = 1.0
        if ratio > score:
            best, score = text, ratio
    return best if score >= 0.75 else None


def _by_words(words: str, known: Sequence[Scenario]) -> list[Scenario]:
    """Scenarios that share words with a text, rare words counting most."""
    wanted = set(_words(words))
    texts = {
        one.id: (_words(f"{one.id} {one.article.title}"), _words(_article(one))) for one in known
    }
    weight = {
        word: math.log(1 + len(texts) / (1 + sum(word in body for _, body in texts.values())))
        for word in wanted
    }

    def score(one: Scenario) -> float:
        head, body = texts[one.id]
        return sum(
            weight[word] * (3 if word in head else 1)
            for word in wanted
            if word in head or word in body
        )

    ranked = sorted(known, key=score, reverse=True)
    floor = max(map(score, ranked[:1]), default=0.0) / 2
    return [one for one in ranked if score(one) > 0 and score(one) >= floor]


def _article(one: Scenario) -> str:
    return f"{one.article.what} {one.article.why} {one.article.fix}"


def _words(text: str) -> set[str]:
    found = re.findall(r"[a-z0-9_]+", text.lower())
    return {word for word in found if len(word) > 2 and word not in _STOP_WORDS}


def _normal(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def _breaks(one: Scenario) -> bool:
    effect = one.pattern.effect(Surface.CLAUDE_AI)
    return (
        effect is not None
        and effect.impact is Impact.BREAKS
        and one.pattern.detectable is not Detectable.CLAUDE_ONLY
    )


def _ordered(scenarios: Iterable[Scenario]) -> list[Scenario]:
    """Best evidence first, then by step; a failure inside Claude is the last thing to assume."""
    return sorted(
        scenarios,
        key=lambda one: (
            one.pattern.detectable is Detectable.CLAUDE_ONLY,
            _SURE.index(one.pattern.confidence),
            one.pattern.step.position,
            one.id,
        ),
    )
