"""Finds the known failures behind words: an id, a text Claude showed, a pasted claude.ai URL."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from urllib.parse import parse_qsl, urlsplit

from harness.diagnosis.catalogue import Scenario
from harness.diagnosis.meanings import DISPROVED, PARAMETERS, TEXTS, Meaning
from harness.diagnosis.pattern import Detectable
from harness.model.verdict import Confidence, Impact, Shows, Surface

MOST = 8
_SURE = list(Confidence)
_TITLE = 3
"""How many words of the text one word of the title or the id is worth."""
_ABBREVIATIONS = {
    "prm": "resource metadata",
    "dcr": "registration",
    "cimd": "client metadata document",
    "idp": "authorization server",
}


@dataclass(frozen=True)
class Explanation:
    """What some words mean: the facts about them, then the likeliest failures first."""

    facts: tuple[str, ...] = ()
    candidates: tuple[Scenario, ...] = ()


# fmt: off
_STOP_WORDS = frozenset({
    "about", "again", "and", "any", "are", "but", "can", "could", "did", "does", "for", "from",
    "get", "gets", "had", "has", "have", "how", "into", "its", "not", "now", "our", "that",
    "returns", "the", "then", "there", "they", "this", "too", "was", "what", "when", "where",
    "which", "who", "why", "will", "with", "would", "you", "your",
})
# fmt: on


def explain(words: str, known: Sequence[Scenario]) -> Explanation:
    """The meaning of what a user pasted; no candidates when nothing fits."""
    words = words.strip()
    if "://" in words and "claude." in words:
        return _returned(words, known)
    facts = [text for pattern, text in DISPROVED if pattern.search(words)]
    parameters = dict(re.findall(r"\b(step|oauth_error|error_code)=([\w.-]+)", words))
    if parameters:
        found = _by_parameters(parameters, known)
        return Explanation((*facts, *found.facts), found.candidates)
    meaning = next((one for pattern, one in TEXTS if pattern.search(words)), None)
    if meaning is not None:
        return Explanation((*facts, meaning.text), _meant([meaning], known))
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
    first: list[str] = []
    error = parameters.get("error")
    if error is not None:
        said = parameters.get("error_description")
        facts.append(f"it answered the error {error}" + (f": {said}" if said else ""))
        scopes = ["authorize-offline-access-rejected", "authorize-scope-too-broad"]
        first = [*scopes] if "scope" in error else ["callback-error-without-code", *scopes]
        first += ["dcr-scopeless-then-invalid-scope", "authorize-entra-resource-scope"]
    elif "code" not in parameters:
        first = ["consent-redirect-307", "callback-form-post"]
    if "state" not in parameters:
        first.append("callback-state-missing")
    facts += [f"the {name} is missing" for name in ("code", "state") if name not in parameters]
    if not first:
        facts.append("code and state are there: what failed comes after it")
        return Explanation(tuple(facts), _meant([PARAMETERS["step", "end_error"]], known))
    return Explanation(tuple(facts), tuple(_named(first, known)))


def _by_parameters(parameters: Mapping[str, str], known: Sequence[Scenario]) -> Explanation:
    meanings = [
        (f"{name}={value}", PARAMETERS[name, value])
        for name, value in parameters.items()
        if (name, value) in PARAMETERS
    ]
    facts = tuple(f"{name}: {meaning.text}" for name, meaning in meanings)
    return Explanation(facts, _meant([meaning for _, meaning in meanings], known))


def _meant(meanings: Sequence[Meaning], known: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """The failures that several meanings point to; what all of them allow is likelier."""
    first = _named([name for one in meanings for name in one.ids], known)
    steps = [set(one.steps) for one in meanings if one.steps]
    common = set.intersection(*steps) if steps else set()
    wanted = common or set().union(*steps)
    rest = [
        one for one in known if one.pattern.step in wanted and _breaks(one) and one not in first
    ]
    # A meaning names the likeliest step first; the parameter that says most comes last.
    likeliest = next((one.steps[0] for one in meanings[::-1] if one.steps), None)
    narrow = len(wanted) <= 2
    ordered = _ordered(rest)
    if narrow:
        ordered.sort(key=lambda one: one.pattern.step is not likeliest)
    return (*first, *ordered)[:MOST]


def _named(names: Iterable[str], known: Sequence[Scenario]) -> list[Scenario]:
    return [one for name in dict.fromkeys(names) for one in known if one.id == name]


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
    """Scenarios that speak of the same things, by BM25: rare words count more."""
    wanted = set(_words(words))
    bags = {one.id: _bag(one) for one in known}
    usual = sum(bag.total() for bag in bags.values()) / max(len(bags), 1)
    spread = {word: sum(word in bag for bag in bags.values()) for word in wanted}

    def score(one: Scenario) -> float:
        bag = bags[one.id]
        long = 0.25 + 0.75 * bag.total() / usual
        return sum(
            math.log(1 + (len(bags) - spread[word] + 0.5) / (spread[word] + 0.5))
            * (bag[word] * 2.2 / (bag[word] + 1.2 * long))
            for word in wanted
            if word in bag
        )

    ranked = sorted(known, key=score, reverse=True)
    floor = max(map(score, ranked[:1]), default=0.0) / 2
    return [one for one in ranked if score(one) > 0 and score(one) >= floor]


def _bag(one: Scenario) -> Counter[str]:
    article = one.article
    bag = Counter(_words(f"{article.what} {article.why} {article.fix}"))
    for word in _words(f"{one.id} {article.title}"):
        bag[word] += _TITLE
    return bag


def _words(text: str) -> list[str]:
    found = re.findall(r"[a-z0-9_]+", text.lower())
    spoken = " ".join(_ABBREVIATIONS.get(word, word) for word in found).split()
    return [word for word in spoken if len(word) > 2 and word not in _STOP_WORDS]


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
    """Reported most often first, then best evidence; a failure inside Claude is assumed last."""
    return sorted(
        scenarios,
        key=lambda one: (
            one.pattern.detectable is Detectable.CLAUDE_ONLY,
            -one.pattern.reports,
            _SURE.index(one.pattern.confidence),
            one.pattern.step.position,
            one.id,
        ),
    )
