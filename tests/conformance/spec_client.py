"""The client that the official conformance suite starts: one run of the strict surface.

python tests/conformance/spec_client.py URL
"""

import asyncio
import json
import os
import sys

from harness.client.choices import Choices
from harness.model.verdict import Surface
from harness.report.text import text_report
from harness.run.check import Plan, checked


def main() -> int:
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    choices = Choices(
        target=sys.argv[1],
        client_id=context.get("client_id"),
        client_secret=context.get("client_secret"),
        call_tool="test-tool",
        document="https://conformance-test.local/client-metadata.json",
        explores=False,
    )
    plan = Plan(choices=choices, surface=Surface.MCP_SPEC)
    outcome = asyncio.run(checked(plan, record=None, seconds=30))
    print(text_report(outcome.trace, outcome.diagnosis))
    return 0


if __name__ == "__main__":
    sys.exit(main())
