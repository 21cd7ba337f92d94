"""A recorded run beside the same client's run against the bundled reference server."""

from collections.abc import Sequence
from dataclasses import replace

from harness.client.choices import Choices, Registration
from harness.diagnosis.catalogue import Scenario
from harness.diagnosis.compare import Compared, beside_correct
from harness.run.check import Plan, checked
from harness.run.session import Outcome, Watcher, recorded_choices


async def compared_with_reference(
    one: Outcome, *, known: Sequence[Scenario] | None = None, watcher: Watcher | None = None
) -> Compared:
    """Runs the surface of a recording, with its choices, against a server that is right."""
    choices, left_out = _understood(recorded_choices(one.trace))
    plan = Plan(choices=choices, surface=one.diagnosis.surface)
    other = await checked(plan, record=None, known=known, watcher=watcher)
    return beside_correct(
        (one.trace, one.diagnosis), (other.trace, other.diagnosis), left_out=left_out
    )


def _understood(choices: Choices) -> tuple[Choices, tuple[str, ...]]:
    """The choices without what means something to one server alone, and the names of that."""
    own = {
        "client id": choices.client_id,
        "client secret": choices.client_secret,
        "scope": choices.scope,
        "tool to call": choices.call_tool,
        "machine grant": choices.machine,
    }
    given = choices.registration is Registration.GIVEN
    cleared = replace(
        choices,
        target="",
        client_id=None,
        client_secret=None,
        scope=None,
        call_tool=None,
        machine=None,
        registration=Registration.AUTO if given else choices.registration,
    )
    return cleared, tuple(name for name, value in own.items() if value is not None)
