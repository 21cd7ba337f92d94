"""The matrix of faults against findings; run it to write matrix.txt anew.

    uv run python tests/matrix.py

Each line is one run against the bundled server: the fault, or the two faults that occur together in
life, and what was found, root cause first.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from live import checked

from harness.diagnosis.catalogue import Scenario, catalogue, scenario
from harness.model.verdict import Diagnosis

FILE = Path(__file__).with_suffix(".txt")

# Failures that are met together: one proxy, one middleware or one deployment causes both.
PAIRS = (
    ("prm-http-scheme-behind-proxy", "challenge-missing"),
    ("prm-http-scheme-behind-proxy", "as-issuer-mismatch"),
    ("prm-requires-auth", "challenge-missing"),
    ("prm-requires-auth", "cors-browser-clients"),
    ("prm-html-spa-fallback", "as-metadata-not-json"),
    ("prm-html-spa-fallback", "challenge-missing"),
    ("prm-resource-other-host", "as-issuer-mismatch"),
    ("i18n-locale-prefix", "challenge-missing"),
    ("vercel-security-checkpoint", "prm-html-spa-fallback"),
    ("edge-blocks-claude-user-agent", "cors-browser-clients"),
    ("edge-blocks-claude-user-agent", "bearer-audience-mismatch"),
    ("cross-host-redirect-drops-auth", "as-issuer-mismatch"),
    ("dcr-redirect-host-rejected", "as-issuer-mismatch"),
    ("dcr-endpoint-404", "prm-path-inserted-404"),
    ("as-no-registration-mechanism", "as-issuer-mismatch"),
    ("consent-redirect-307", "token-pkce-mismatch"),
    ("token-invalid-target", "bearer-audience-mismatch"),
    ("token-pkce-mismatch", "refresh-rotation-token-missing"),
    ("bearer-audience-mismatch", "refresh-rotation-token-missing"),
    ("tls-chain-incomplete", "edge-blocks-claude-user-agent"),
    ("api-key-server-401", "prm-html-spa-fallback"),
    ("api-key-server-401", "prm-requires-auth"),
    ("edge-auth-basic-mtls", "cors-browser-clients"),
    ("challenge-missing", "resource-metadata-url-dead"),
    ("cross-host-redirect-drops-auth", "precondition-400-before-auth"),
    ("mcp-trailing-slash-redirect", "redirect-scheme-downgrade"),
    ("prm-internal-host", "as-issuer-mismatch"),
    ("prm-path-inserted-404", "as-path-issuer-wellknown"),
    ("prm-wrong-content-type", "json-bom"),
    ("prm-resource-origin-not-endpoint", "bearer-clock-skew"),
    ("dcr-redirect-host-rejected", "dcr-status-200"),
    ("consent-csp-form-action", "consent-redirect-307"),
    ("token-state-in-memory", "session-affinity-lost"),
    ("token-state-in-memory", "refresh-tokens-not-persisted"),
    ("sse-buffered", "compressed-body-not-decodable"),
)


def line(names: tuple[str, ...], diagnosis: Diagnosis) -> str:
    """One line of the matrix."""
    found = ", ".join(f"{one.id} ({one.impact})" for one in diagnosis.findings) or "nothing"
    return f"{' + '.join(names)}: {found}"


def rows() -> dict[str, str]:
    """The lines of the file by their fault or pair."""
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    return {one.partition(": ")[0]: one for one in text.splitlines()}


async def _run(faults: tuple[Scenario, ...], folder: Path) -> str:
    names = tuple(one.id for one in faults)
    outcome = await checked(folder / f"{'-'.join(names)}.jsonl", *faults)
    return line(names, outcome.diagnosis)


async def _all() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        singles = [(one,) for one in catalogue() if one.pattern.has_fault]
        pairs = [tuple(found for name in pair if (found := scenario(name))) for pair in PAIRS]
        return [await _run(faults, Path(folder)) for faults in (*singles, *pairs)]


if __name__ == "__main__":
    FILE.write_text("\n".join(asyncio.run(_all())) + "\n", encoding="utf-8")
