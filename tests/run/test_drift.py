"""A profile beside recorded traffic: what differs is named, and can be proposed."""

import runpy
from dataclasses import replace
from pathlib import Path

import pytest
from live import checked

from harness.client.choices import Choices, Registration
from harness.diagnosis.catalogue import catalogue
from harness.model.trace import Trace, Voice
from harness.model.verdict import Surface
from harness.profiles import profile
from harness.profiles.drift import drift, proposal
from harness.recording.file import load
from harness.run.check import Plan


async def recorded(folder: Path, surface: Surface) -> Trace:
    headers = (("X-Gate", "secret"),)
    choices = Choices(target="", registration=Registration.DCR, headers=headers)
    path = folder / f"{surface}.jsonl"
    await checked(path, plan=Plan(choices=choices, surface=surface))
    return load(path)


@pytest.mark.parametrize("surface", [Surface.CLAUDE_AI, Surface.CLAUDE_CODE])
async def test_what_a_profile_sends_is_what_it_says(surface: Surface, tmp_path: Path) -> None:
    assert drift(profile(surface), await recorded(tmp_path, surface)) == ()


async def test_what_differs_is_named_and_proposed(tmp_path: Path) -> None:
    trace = await recorded(tmp_path, Surface.CLAUDE_CODE)
    newer = tuple(
        replace(one, request=replace(one.request, headers=_newer(one.request.headers)))
        if one.voice is Voice.RUNTIME
        else one
        for one in trace.exchanges
    )
    trace = replace(trace, exchanges=newer)
    own = profile(Surface.CLAUDE_CODE)
    found = drift(own, trace)
    assert [one.field for one in found] == ["runtime_headers"]
    text = proposal(own, found, source="recording x", seen="2026-12-24")
    file = tmp_path / "proposed.py"
    file.write_text(text)
    proposed = runpy.run_path(str(file))["PROFILE"]
    assert proposed.as_of == "2026-12-24"
    assert drift(proposed, trace) == ()


@pytest.mark.parametrize("surface", [Surface.CLAUDE_AI, Surface.CLAUDE_CODE])
def test_any_traffic_can_be_compared(surface: Surface) -> None:
    for one in catalogue():
        if one.pattern.hand_made is not None:
            drift(profile(surface), one.pattern.hand_made())


def _newer(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value.replace("2.1.330", "2.1.400")) for name, value in headers)
