"""The registration answer does not fit together: the method and the secret.

What happens
    The answer holds a secret but no `token_endpoint_auth_method`, or a secret together with the
    method `none`, or a method that needs a secret and none. Two operators blame that for a
    connection to claude.ai that did not start, and their cures are the opposite of each other: one
    had to return a secret always, the other never. For claude.ai take it for untidy, not for the
    cause.

    Claude Code uses a secret it is given, whatever method the answer names. In one report (April
    2026) it sent the secret as HTTP Basic to a token endpoint that looked for `client_id` in the
    form alone, and every sign-in failed there.

Why it breaks
    RFC 7591 section 3.2.1 wants all metadata that was registered in the answer, defaults included.
    claude.ai takes the method from the answer. Where it is missing a client has to guess: what it
    asked for (`client_secret_post`), or the RFC's default (`client_secret_basic`, section 2).
    Claude Code goes by `token_endpoint_auth_methods_supported` in the metadata instead, and takes
    `client_secret_basic` where that list is missing. A wrong guess shows up late, as
    `invalid_client` at the token endpoint.

Fix
    Return one of these two pairs, and expect at the token endpoint what you returned:

        "token_endpoint_auth_method": "none"

        "token_endpoint_auth_method": "client_secret_post",
        "client_secret": "...", "client_secret_expires_at": 0

    Give a secret only to a client that did not ask for `none`, and list in
    `token_endpoint_auth_methods_supported` what the token endpoint really reads. The registration
    handlers of the MCP SDKs for TypeScript and Python do the first by themselves. This has to show
    a method with a secret, or `none` with `null`:

        curl -s https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'Content-Type: application/json' \\
          -d '{"redirect_uris":["https://claude.ai/api/mcp/auth_callback"],
               "token_endpoint_auth_method":"client_secret_post"}' \\
          | jq '{token_endpoint_auth_method, client_secret}'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.bending import without
from scenarios.registrations import attempts, client_of, registers

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.ADVISORY,
        Surface.CLAUDE_CODE: Effect(
            Impact.DEGRADES,
            Confidence.REPORTED,
            Source("github.com/kernel/kernel-mcp-server/pull/96", seen="2026-04-14"),
        ),
    },
    confidence=Confidence.CONTESTED,
    reports=2,
    sources=(
        Source("github.com/KeeperHub/keeperhub/pull/963", seen="2026-04-23"),
        Source("github.com/akutishevsky/withings-mcp/pull/29", seen="2026-04-19"),
        Source("github.com/anthropics/claude-ai-mcp/issues/82", seen="2026-03-30"),
        Source("github.com/kernel/kernel-mcp-server/pull/96", seen="2026-04-14"),
    ),
)

METHOD = "token_endpoint_auth_method"
SECRET_METHODS = ("client_secret_post", "client_secret_basic", "client_secret_jwt")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for answer in attempts(trace):
        if client_of(answer) is None:
            continue
        document = answer.json_object or {}
        method, secret = document.get(METHOD), document.get("client_secret")
        if secret and method in (None, "none"):
            found = "none, next to a client_secret" if method else "(absent), with a client_secret"
            yield evidence(answer, f"response.body.{METHOD}", found, "the method that goes with it")
        elif not secret and method in SECRET_METHODS:
            yield evidence(answer, "response.body.client_secret", "(absent)", f"one, for {method}")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if (metadata := registers(asked, answer)) is not None:
        return metadata
    return without(answer, METHOD) if asked.path.endswith("/register") else answer
