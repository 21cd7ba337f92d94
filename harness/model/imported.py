"""How a trace was made of exchanges that another program captured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Certainty(StrEnum):
    """How sure it is what an exchange is that nobody tagged."""

    SURE = "sure"
    """By its content, or by an address that an earlier answer named."""
    LIKELY = "likely"
    """By the usual shape of its address."""
    GUESS = "guess"
    """By its place among the others or by its User-Agent alone."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """How a trace was made of a file that another program wrote."""

    form: str
    """What the file is, as in "imported from HAR"."""
    target: str
    """Why this is the target."""
    surface: str
    """Why this is the surface."""
    certainty: Mapping[int, Certainty] = field(default_factory=dict)
    """By the number of the exchange."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many entries play no part, by the reason."""
    remarks: tuple[str, ...] = ()
    """What the file cannot show, in whole sentences."""
