"""Two refreshes with the same token at once end the connection.

What happens
    Two refresh requests with one refresh token arrive within seconds or a minute of each other. The
    first gets new tokens. The second is refused, and the authorization server ends the tokens of
    the first with it. The connection dies after about an hour; signing in again cures it until the
    next time.

Why it breaks
    Claude runs on several machines (Claude Code: in several processes), and each one renews on its
    own when the time comes, or when one of several calls at once gets a 401: bursts of 33 to 76
    seconds were seen. A server that rotates takes the second use for theft and ends the tokens in
    use as well, as RFC 9700 section 4.14.2 describes it. Both follow their rules. What kills the
    connection is that there is no leeway between them: whichever request comes second loses, and it
    takes the winner's tokens along.

Fix
    Give a spent refresh token a short grace, and only the one that was spent last: within two
    minutes of its use answer it, to the same client, with the same new tokens as before, and end
    nothing (idempotent rotation). Later, or when a token further back in the chain comes, refuse
    with `invalid_grant` and end them all.

    Providers have this as a setting. Auth0: Rotation Overlap Period. Okta: Grace period for token
    rotation. Cognito: `RetryGracePeriodSeconds`, 60 at most. better-auth's OAuth provider:
    `refreshTokenReuseInterval`, 0 unless set. Keycloak: Revoke Refresh Token off (the default), or
    Refresh Token Max Reuse above 0.

    FastMCP's OAuth proxy has no such setting (4.2): let its tokens live longer, so that they are
    renewed less often, with `fastmcp_access_token_expiry_seconds`. Elsewhere turn rotation off, if
    the client has a secret or its tokens are bound to it.

    Use a refresh token of your own twice; both answers have to hold tokens:

        for n in 1 2; do
          curl -s -d grant_type=refresh_token -d refresh_token=YOURS \\
            -d client_id=ID https://YOUR-TOKEN-ENDPOINT; echo
        done
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.diagnosis.token_endpoint import document, form, issued, refreshes, refused
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.REFRESH,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: Impact.BREAKS},
    confidence=Confidence.REPORTED,
    reports=7,
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/comet-ml/opik/issues/8287", seen="2026-09-11"),
        Source("github.com/anthropics/claude-code/issues/74250", seen="2026-07-04"),
        Source("github.com/anthropics/claude-code/issues/84440", seen="2026-08-06"),
        Source("github.com/anthropics/claude-code/issues/85236", seen="2026-08-09"),
        Source("github.com/FlowFuse/flowfuse/issues/8270", seen="2026-08-25"),
        Source("github.com/PrefectHQ/fastmcp/issues/4265", seen="2026-06-24"),
    ),
)

BURST = 120
"""Seconds within which two refreshes belong together."""


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    asked = refreshes(trace)
    for at, second in enumerate(asked):
        first = next((one for one in asked[:at] if _same(one, second) and issued(one)), None)
        if first is None or not refused(second, "invalid_grant"):
            continue
        apart = second.started - first.started
        # Without a new token in the first answer the client had no other to come with.
        if document(first).get("refresh_token") and apart <= BURST:
            yield evidence(first, "request.body.refresh_token", form(first)["refresh_token"])
            yield evidence(second, "request.body.refresh_token", form(second)["refresh_token"])
            yield body_evidence(second, f"the tokens of {apart:.0f} s before once more")
            return


def _same(first: Exchange, second: Exchange) -> bool:
    token = form(first).get("refresh_token")
    return token is not None and token == form(second).get("refresh_token")


@pattern.recording
def recording() -> Trace:
    asked = b"grant_type=refresh_token&refresh_token=rt-1&client_id=app-1"
    token = "https://auth.example.com/token"
    return traffic(
        recorded(
            Step.REFRESH,
            token,
            method="POST",
            body=asked,
            answer=b'{"access_token":"at-2","token_type":"Bearer","expires_in":3600,'
            b'"refresh_token":"rt-2"}',
        ),
        recorded(
            Step.REFRESH,
            token,
            method="POST",
            body=asked,
            status=400,
            answer=b'{"error":"invalid_grant","error_description":"refresh token reuse detected"}',
        ),
    )
