"""What `--witness` adds to the report for programs: the real client beside the simulated one.

The object `witness` of `harness.run/1` has

* `version`: what the program says of its version.
* `stopped`: for `simulated` and `real` the `verdict`, the `step` where it stopped and its last
  words as `text`; the latter two are null where it went through or nobody said.
* `recording`: the file of the real run, null without one. `surfaces` has both runs, first the
  simulated one, whose `recording` and `exchanges` stand at the top.
* `requests`: what was asked, by `step`, `purpose` and `voice`; `simulated` and `real` list the
  numbers of the exchanges of either run and may be empty.
* `differences`: the fields that differ between the first requests of both, by the same three;
  `part` is `method`, `url`, `header`, `query` or `body`, `name` the field or null for the part as a
  whole, `order` true where only the order of the fields differs. `simulated` and `real` are the
  values, null for a field that is not sent. What is random at each run is compared by kind.
"""

from harness.model.trace import Json
from harness.recording.members import Difference
from harness.report.beside import Pair, Run, last_words, pairs


def beside_json(simulated: Run, real: Run) -> dict[str, Json]:
    """The members that the report for programs has beside those of a check."""
    found = pairs(simulated[0], real[0])
    return {
        "witness": {
            "version": str(real[0].choices.get("witness", "")),
            "stopped": {"simulated": _stopped(simulated), "real": _stopped(real)},
            "recording": real[0].recording,
            "requests": [_request(one) for one in found],
            "differences": [
                {**_asked(one), **_difference(each)} for one in found for each in one.differences
            ],
        }
    }


def _stopped(run: Run) -> Json:
    _, diagnosis = run
    return {
        "verdict": str(diagnosis.verdict),
        "step": str(diagnosis.stopped_at) if diagnosis.stopped_at else None,
        "text": last_words(run),
    }


def _asked(pair: Pair) -> dict[str, Json]:
    return {"step": str(pair.step), "purpose": str(pair.purpose), "voice": str(pair.voice)}


def _request(pair: Pair) -> Json:
    simulated, real = ([one.n for one in side] for side in (pair.one, pair.other))
    return {**_asked(pair), "simulated": [*simulated], "real": [*real]}


def _difference(one: Difference) -> dict[str, Json]:
    place = one.place.removesuffix(" order") if one.order else one.place
    part, _, name = place.partition(".")
    return {
        "part": part,
        "name": name or None,
        "order": one.order,
        "simulated": one.one,
        "real": one.other,
    }
