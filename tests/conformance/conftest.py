"""The official suite, installed once for all tests of a process."""

from pathlib import Path

import pytest
import suite


@pytest.fixture(scope="session")
def home() -> Path:
    try:
        return suite.installed()
    except suite.NotAvailableError as reason:
        # Without node and npm, or without a package index, there is no suite to run.
        pytest.skip(str(reason))
