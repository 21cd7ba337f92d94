"""What is to be checked, and how; light enough for a process that only hands it on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.client.choices import Choices
from harness.diagnosis.catalogue import Scenario
from harness.model.network import Network
from harness.model.verdict import Surface
from harness.profiles import profile


@dataclass(frozen=True)
class Lent:
    """An access token that another surface of the same run got; it stays in memory."""

    by: Surface
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to check, and how; no target means the bundled reference server."""

    choices: Choices | None = None
    surface: Surface = Surface.CLAUDE_AI
    maps: tuple[tuple[str, str], ...] = ()
    ca_files: tuple[Path, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Scenario, ...] = ()
    proxy_port: int = 0
    network: Network | None = None
    """Faults of DNS and connections, caused on purpose."""
    patience: float = 1.0
    """The surface's time limits are multiplied by it; 1 is Claude's own patience."""
    lent: Lent | None = None
    """What is sent as the caller's token."""


def borrowers(plan: Plan, surfaces: Sequence[Surface]) -> tuple[Surface, ...]:
    """Those that sign nobody in and wait for the token of another; none where the user gave one."""
    choices = plan.choices
    if choices is not None:
        given = any(name.lower() == "authorization" for name, _ in choices.headers)
        # A deep check presents what is spent, and a good server then ends that sign-in.
        if given or choices.deep:
            return ()
    return tuple(one for one in surfaces if not profile(one).signs_in)
