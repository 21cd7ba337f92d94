"""Makes the helpers of these tests importable, and gives the traces that they bend."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "client"))

import pytest
import reference_traces

from harness.model.trace import Trace


@pytest.fixture(scope="session")
def short() -> Trace:
    return reference_traces.stateless(deep=False)


@pytest.fixture(scope="session")
def stateless() -> Trace:
    return reference_traces.stateless(deep=True)


@pytest.fixture(scope="session")
def handshake() -> Trace:
    return reference_traces.handshake()
