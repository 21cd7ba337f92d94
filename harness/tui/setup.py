"""What to check and how, as plain values: nothing here needs the engine to be imported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.client.choices import Choices
from harness.model.verdict import Surface


@dataclass(frozen=True, kw_only=True)
class Setup:
    """An empty target in `choices` means the bundled reference server, bent by `faults`."""

    choices: Choices = field(default_factory=lambda: Choices(target=""))
    surface: Surface = Surface.CLAUDE_AI
    maps: tuple[tuple[str, str], ...] = ()
    ca_files: tuple[Path, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    """Ids of scenarios."""
    proxy_port: int = 0
    folder: Path | None = None
    """Where recordings go, as `recording.file.default_path` reads it; None records nothing."""

    @property
    def target(self) -> str:
        return self.choices.target
