"""Plays several surfaces one after the other, in this process."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from harness.model.verdict import Surface
from harness.run.check import checked, placed
from harness.run.plan import Lent, Plan, borrowers
from harness.run.session import Outcome, Watcher


async def in_turn(
    plan: Plan,
    surfaces: Sequence[Surface],
    *,
    watcher: Callable[[Surface], Watcher],
    **how: Any,
) -> list[Outcome]:
    """The outcomes in the order of the surfaces; `how` is what `checked` takes besides.

    The bundled server, where it is the target, is one and the same for all of them.
    """
    last = borrowers(plan, surfaces)
    tokens: dict[Surface, str] = {}
    outcomes: dict[Surface, Outcome] = {}
    async with placed(plan) as one:
        for surface in (*(each for each in surfaces if each not in last), *last):
            lent = next((Lent(*first) for first in tokens.items()), None)
            outcomes[surface] = await checked(
                replace(one, surface=surface, lent=lent if surface in last else None),
                watcher=watcher(surface),
                obtained=partial(tokens.__setitem__, surface),
                **how,
            )
    return [outcomes[surface] for surface in surfaces]
