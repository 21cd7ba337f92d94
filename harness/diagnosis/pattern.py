"""A known failure: what it is, how it shows in a trace, and how to cause it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from harness.model.answer import BendAnswer, BendRequest
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface

type Detect = Callable[[Trace], Iterable[Evidence]]
type Settings = Callable[[], Mapping[str, object]]


@dataclass(kw_only=True)
class Pattern:
    """The typed header of a scenario file; its methods are decorators for the file's functions.

    `explains` names the contract rows this failure leaves unmet, consequences included.
    `also` names the other patterns that its fault causes as well.
    """

    step: Step
    party: Party
    impact: Mapping[Surface, Impact]
    confidence: Confidence
    sources: tuple[Source, ...]
    explains: tuple[str, ...] = ()
    claude_shows: Shows | None = None
    also: tuple[str, ...] = ()
    detector: Detect | None = field(default=None, init=False)
    answer_fault: BendAnswer | None = field(default=None, init=False)
    request_fault: BendRequest | None = field(default=None, init=False)
    settings_fault: Settings | None = field(default=None, init=False)

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

    @property
    def has_fault(self) -> bool:
        return any((self.answer_fault, self.request_fault, self.settings_fault))
