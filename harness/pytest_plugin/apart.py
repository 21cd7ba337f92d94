"""What the tests of this plugin share."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.diagnosis.catalogue import Scenario, load, own

_KNOWN = pytest.StashKey[tuple[Scenario, ...]]()


def run_apart[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own, where no event loop of the tests can be in the way."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def known(config: pytest.Config) -> tuple[Scenario, ...]:
    """Our scenarios and those of the user's folders; a broken file fails as its own test."""
    if _KNOWN not in config.stash:
        folders = [load(one) for one in config.getini("harness_scenarios")]
        config.stash[_KNOWN] = tuple(one for each in (own(), *folders) for one in each.scenarios)
    return config.stash[_KNOWN]
