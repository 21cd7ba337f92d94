"""A known failure: what it is, how it shows in a trace, and how to cause it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.model.answer import BendAnswer, BendRequest
from harness.model.network import Network
from harness.model.trace import Step, Trace
from harness.model.verdict import (
    Confidence,
    Effect,
    Evidence,
    Impact,
    Party,
    Shows,
    Source,
    Surface,
)

type Detect = Callable[[Trace], Iterable[Evidence]]
type Settings = Callable[[], Mapping[str, object]]
type NetworkFault = Callable[[], Network]
type Recording = Callable[[], Trace]

# The caller of the Messages API brings the token: no discovery, registration, sign-in or refresh.
API_DOCS = Source("platform.claude.com/docs/en/agents-and-tools/mcp-connector", seen="2025-11-20")
_NOT_BY_API = frozenset(
    (
        Step.RESOURCE_METADATA,
        Step.SERVER_METADATA,
        Step.REGISTRATION,
        Step.AUTHORIZE,
        Step.LOGIN,
        Step.CALLBACK,
        Step.TOKEN,
        Step.REFRESH,
    )
)


class Detectable(StrEnum):
    """Where a failure can be seen."""

    CLIENT = "client"
    """By a client that plays Claude."""
    TRAFFIC = "traffic"
    """Only in traffic of the real Claude, or in the operator's log."""
    CLAUDE_ONLY = "claude-only"
    """Only inside Claude: the article says how to tell, and there is no finding."""


@dataclass(kw_only=True)
class Pattern:
    """The typed header of a scenario file; its methods are decorators for the file's functions.

    A bare impact is as sure as the pattern and rests on its first source; an `Effect` has its own.
    `explains` names the contract rows this failure leaves unmet, consequences included.
    `also` names the other patterns that its fault causes as well.
    """

    step: Step
    party: Party
    impact: Mapping[Surface, Impact | Effect]
    confidence: Confidence
    sources: tuple[Source, ...]
    reports: int = 0
    """Public reports that were collected of it, more than `sources` names."""
    explains: tuple[str, ...] = ()
    claude_shows: Shows | None = None
    also: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """Other ids under which the same failure was collected."""
    detectable: Detectable = Detectable.CLIENT
    deep: bool = False
    """Seen only when the extra questions of a deep check are asked."""
    slow: bool = False
    """Its fault outlasts Claude's patience, so proving it needs a client in a hurry."""
    detector: Detect | None = field(default=None, init=False)
    answer_fault: BendAnswer | None = field(default=None, init=False)
    request_fault: BendRequest | None = field(default=None, init=False)
    settings_fault: Settings | None = field(default=None, init=False)
    network_fault: NetworkFault | None = field(default=None, init=False)
    hand_made: Recording | None = field(default=None, init=False)

    def detect(self, function: Detect) -> Detect:
        """Marks the pure function of the trace that yields the evidence."""
        self.detector = function
        return function

    def fault(self, function: BendAnswer) -> BendAnswer:
        """Marks the function that bends the reference server's answer."""
        self.answer_fault = function
        return function

    def request(self, function: BendRequest) -> BendRequest:
        """Marks the function that alters a request on its way to the reference server."""
        self.request_fault = function
        return function

    def settings(self, function: Settings) -> Settings:
        """Marks the function that returns the reference server's settings to replace."""
        self.settings_fault = function
        return function

    def network(self, function: NetworkFault) -> NetworkFault:
        """Marks the function that returns what goes wrong on the way to the server."""
        self.network_fault = function
        return function

    def recording(self, function: Recording) -> Recording:
        """Marks the function that returns a hand-made trace of traffic no client of ours sends."""
        self.hand_made = function
        return function

    def effect(self, surface: Surface) -> Effect | None:
        """What the failure does on a surface; None where that is not known."""
        match self.impact.get(surface):
            case Effect() as stated:
                return stated
            case Impact() as impact:
                return Effect(impact, self.confidence, self.sources[0])
            case None if surface is Surface.MESSAGES_API:
                return self._effect_on_api()
        return None

    def _effect_on_api(self) -> Effect | None:
        """Nothing where the API takes no part; else, as a guess, the same as in claude.ai."""
        if self.detectable is Detectable.CLAUDE_ONLY:
            return None
        if self.step in _NOT_BY_API:
            return Effect(Impact.NONE, Confidence.DOCUMENTED, API_DOCS)
        hosted = self.effect(Surface.CLAUDE_AI)
        return Effect(hosted.impact, Confidence.GUESS, API_DOCS) if hosted else None

    @property
    def has_fault(self) -> bool:
        faults = (self.answer_fault, self.request_fault, self.settings_fault, self.network_fault)
        return any(faults)
