"""The strict client passes the official suite's scenarios of authorization, on both wires."""

import shlex
import sys
from pathlib import Path

import pytest
import suite

CLIENT = Path(__file__).parent / "spec_client.py"

SCENARIOS = (
    "metadata-default",
    "metadata-var1",
    "metadata-var2",
    "metadata-var3",
    "basic-cimd",
    "scope-from-www-authenticate",
    "scope-from-scopes-supported",
    "scope-omitted-when-undefined",
    "scope-step-up",
    "scope-retry-limit",
    "token-endpoint-auth-basic",
    "token-endpoint-auth-post",
    "token-endpoint-auth-none",
    "pre-registration",
    "2025-03-26-oauth-metadata-backcompat",
    "2025-03-26-oauth-endpoint-fallback",
    "resource-mismatch",
    "offline-access-scope",
    "offline-access-not-supported",
    "authorization-server-migration",
    "iss-supported",
    "iss-not-advertised",
    "iss-supported-missing",
    "iss-wrong-issuer",
    "iss-unexpected",
    "iss-normalized",
    "metadata-issuer-mismatch",
    "client-credentials-jwt",
    "client-credentials-basic",
    "enterprise-managed-authorization",
    "dpop",
    "dpop-nonce",
    "wif-jwt-bearer",
)
"""All that the suite has of authorization, those of extensions included."""


@pytest.mark.parametrize("wire", ["2025-11-25", "2026-07-28"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_strict_client_passes(scenario: str, wire: str, home: Path, tmp_path: Path) -> None:
    command = f"exec env {shlex.join([sys.executable, str(CLIENT)])}"
    verdict = suite.run(
        home,
        tmp_path,
        "client",
        "--command",
        command,
        "--scenario",
        f"auth/{scenario}",
        "--timeout",
        "60000",
        "--spec-version",
        wire,
        "--force",
    )
    assert verdict.passed, (verdict.failed, verdict.log[-2000:])
