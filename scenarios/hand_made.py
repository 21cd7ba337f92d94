"""Short hand-made traces of traffic that no client of ours sends."""

from dataclasses import replace

from harness.model.trace import (
    Exchange,
    Headers,
    Purpose,
    Request,
    Response,
    Step,
    Trace,
    Voice,
)
from harness.model.verdict import Surface

_USUAL = {
    Step.CHALLENGE: (Purpose.INITIALIZE, Voice.BROKER),
    Step.RESOURCE_METADATA: (Purpose.METADATA_PATH, Voice.BROKER),
    Step.SERVER_METADATA: (Purpose.RFC8414, Voice.BROKER),
    Step.REGISTRATION: (Purpose.REGISTER, Voice.BROKER),
    Step.AUTHORIZE: (Purpose.AUTHORIZE, Voice.BROWSER),
    Step.LOGIN: (Purpose.PAGE, Voice.BROWSER),
    Step.CALLBACK: (Purpose.CALLBACK, Voice.BROWSER),
    Step.TOKEN: (Purpose.TOKEN, Voice.BROKER),
    Step.CONNECT: (Purpose.INITIALIZE, Voice.RUNTIME),
    Step.REFRESH: (Purpose.REFRESH, Voice.BROKER),
}


def recorded(
    step: Step,
    url: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    sent: Headers = (),
    status: int = 200,
    headers: Headers = (),
    answer: bytes = b"",
    purpose: Purpose | None = None,
    voice: Voice | None = None,
    at: float = 0.0,
) -> Exchange:
    """One exchange; purpose and voice are the usual ones of the step unless they are given.

    `at` is the second at which it began, 0 for one second after the exchange before.
    """
    usual, speaks = _USUAL.get(step, (Purpose.OTHER, Voice.RUNTIME))
    return Exchange(
        n=0,
        step=step,
        purpose=purpose or usual,
        voice=voice or speaks,
        request=Request(method=method, url=url, headers=sent, body=body),
        response=Response(status=status, headers=headers, body=answer),
        started=at,
    )


def traffic(
    *exchanges: Exchange,
    target: str = "https://mcp.example.com/mcp",
    surface: Surface = Surface.CLAUDE_AI,
) -> Trace:
    """A trace of these exchanges, numbered in order and a second apart unless they say when."""
    numbered: list[Exchange] = []
    for number, one in enumerate(exchanges, 1):
        before = numbered[-1].started if numbered else 0.0
        numbered.append(replace(one, n=number, started=one.started or before + 1))
    return Trace(target=target, surface=surface, exchanges=tuple(numbered))
