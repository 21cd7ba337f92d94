"""A used authorization code is traded for a second token.

What happens
    The token endpoint was sent the same code twice, and gave out another token the second time. It
    breaks no connection: Claude sends a code once (a trace in public report 432 counts exactly one
    use), and Claude Code a second time only when it was refused. It shows only when a check asks
    for it.

Why it breaks
    A code must be good for one use (RFC 6749 section 4.1.2). Whoever reads it in a log or a browser
    history could sign in with it. Servers loosen this on purpose at times, so that a client may try
    again after a slow first answer; others sign the code and keep no record of it.

    The other way round is no failure: a server that refuses the second use with `invalid_grant`,
    and also ends what came from the first, is right. If your log shows the same code twice and the
    second one refused, look at how long the first took. Behind ten seconds Claude has given up, the
    code is spent, and a second attempt can only fail.

Fix
    Mark the code as used in the same step that reads it, before anything slow begins. In SQL, then
    in Redis, which hands it out once:

        UPDATE codes SET used = true WHERE code = $1 AND used = false
          RETURNING *

        GETDEL code:...

    No row means `invalid_grant`. Then issue the token without work that can wait. If you want a
    lost answer to be repeatable, return the very same tokens for the same code, verifier and client
    for some seconds, never new ones.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, status_evidence
from harness.diagnosis.token_endpoint import code_answer, document, form, issued
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_grant
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    confidence=Confidence.SPECIFICATION,
    reports=0,
    deep=True,
    sources=(
        Source("RFC 6749 section 4.1.2", seen="2012-10"),
        Source("github.com/anthropics/claude-ai-mcp/issues/432", seen="2026-06-11"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    first, again = code_answer(trace), trace.last(Step.TOKEN, Purpose.USED_CODE)
    if again is None or not issued(again) or not issued(first):
        return
    # The same token once more is a repeated answer, not a second use.
    if document(again).get("access_token") != document(first).get("access_token"):
        yield status_evidence(again, "400 invalid_grant")
        yield evidence(again, "request.body.code", form(again).get("code", "(absent)"))


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_grant(asked, "authorization_code") or b"used already" not in answer.body:
        return answer
    body = (
        b'{"access_token":"another-token-of-the-same-code","token_type":"Bearer","expires_in":60}'
    )
    return Answer(200, (("Content-Type", "application/json"),), body)
