"""The clocks differ: by the server's clock the token is not valid yet, or is over.

What happens
    The token is issued and presented within the same second, and the MCP server answers 401. By its
    own clock, which it shows in the `Date` header, the token's `nbf` or `iat` lies in the future,
    or its `exp` in the past. Later, or on another day, the same connection may work.

Why it breaks
    A token must be refused before `nbf` and from `exp` on (RFC 7519 sections 4.1.4 and 4.1.5);
    several libraries refuse an `iat` in the future too. The authorization server and the MCP server
    run on different machines, and one of their clocks is off: a virtual machine that was suspended,
    a container host without NTP, a board without a battery. No report of it with Claude is known;
    it follows from the RFC.

Fix
    Synchronise both clocks (chrony, systemd-timesyncd, the hypervisor's time service), and give the
    check some leeway; the RFC allows a few minutes, 60 seconds are usual:

        jwt.decode(token, key, leeway=60, ...)            # PyJWT
        jwtVerify(token, key, { clockTolerance: 60 })     // jose

    `timedatectl` and `chronyc tracking` show the state on each machine. From outside, compare what
    both servers take for the time; they should agree to the second or two:

        for host in YOUR-HOST YOUR-ISSUER; do
          curl -sI https://$host | grep -i ^date
        done
"""

import time
from collections.abc import Iterator

from harness.diagnosis.bearer import other_time, refused_call
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import refusal_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import brings_token, is_token_request, reclaimed, saying
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.SPECIFICATION,
    reports=0,
    explains=("connect.accepted",),
    sources=(Source("www.rfc-editor.org/rfc/rfc7519", seen="2015-05"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    called = refused_call(trace, 401)
    if called is None:
        return
    differs = list(other_time(trace))
    yield from differs
    if differs:
        yield from refusal_evidence(called)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """An authorization server whose clock is five minutes fast."""
    if is_token_request(asked):
        now = int(time.time()) + 300
        return reclaimed(answer, nbf=now, iat=now, exp=now + 3600)
    return saying(answer, "the token is not valid yet") if brings_token(asked) else answer
