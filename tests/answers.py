"""Exchanges made by hand, of which only the answer counts."""

import json

from harness.model.trace import (
    Exchange,
    Headers,
    Purpose,
    Request,
    Response,
    Step,
    Timing,
    Trace,
    Voice,
)

URL = "https://mcp.example.com/mcp"
JSON: Headers = (("Content-Type", "application/json"),)


def exchange(
    body: object = None,
    headers: Headers = JSON,
    *,
    n: int = 1,
    status: int = 200,
    step: Step = Step.RESOURCE_METADATA,
    purpose: Purpose = Purpose.METADATA_PATH,
    url: str = URL,
    ms: float = 1,
) -> Exchange:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange(
        n=n,
        step=step,
        purpose=purpose,
        voice=Voice.BROKER,
        request=Request(method="GET", url=url),
        response=Response(status=status, headers=headers, body=data),
        timing=Timing(total=ms),
    )


def trace(*exchanges: Exchange, target: str = URL) -> Trace:
    return Trace(target=target, surface="claude-ai", exchanges=exchanges)
