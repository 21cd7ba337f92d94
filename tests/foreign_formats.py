"""Captures of a run as other programs write them: without anything of ours in them."""

import io
import json
from pathlib import Path
from typing import Any

from mitmproxy.addons.savehar import SaveHar
from mitmproxy.io import FlowReader

from harness.model.trace import Trace
from harness.recording.file import load
from harness.run.export import export

EXAMPLES = Path(__file__).parents[1] / "recordings" / "examples"
HEALTHY = load(EXAMPLES / "healthy.jsonl")


def plain_har(trace: Trace) -> dict[str, Any]:
    """The HAR of a run without our comments and marks."""
    har: dict[str, Any] = json.loads(export(trace, "har"))
    del har["log"]["_harness"]
    for entry in har["log"]["entries"]:
        del entry["_harness"], entry["comment"]
    return har


def mitmproxy_har(trace: Trace) -> bytes:
    """The HAR that mitmproxy's own addon writes of the flows of a run."""
    flows = list(FlowReader(io.BytesIO(export(trace, "mitm"))).stream())
    for flow in flows:
        flow.metadata = {}
    return json.dumps(SaveHar().make_har(flows)).encode()
