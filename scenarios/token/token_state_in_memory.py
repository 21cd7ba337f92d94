"""The token endpoint refuses a code that was issued a moment before.

What happens
    The authorization server issues a code, and its token endpoint answers `invalid_grant` to the
    first use of it within seconds. The verifier and the redirect URI are right. Often it works at
    the second or third attempt, and always on the developer's machine.

Why it breaks
    Mostly the code lies in the memory of one process, and the token request reached another:
    several workers or replicas, or a serverless function that starts anew. Claude's token request
    comes from another machine than the user's browser, so neither a cookie nor the client address
    leads both to the same place. A file on an instance's own disk is no better.

Fix
    Keep codes, pending sign-ins, clients and refresh tokens in a store that all instances share
    (Redis, a database), with an expiry of a minute or so for codes. Most SDK samples have a
    dictionary or a `Map`: replace it. Or sign and encrypt the code so that it carries what belongs
    to it, and keep only the used ones in the store.

    FastMCP's OAuth proxy writes files to the instance's disk unless it is given a store, and says
    "Invalid or expired authorization transaction" when another one is asked (Cloud Run,
    Kubernetes). With `RedisStore` from `key_value.aio.stores.redis`:

        GitHubProvider(
            ...,
            jwt_signing_key=os.environ["JWT_SIGNING_KEY"],
            client_storage=RedisStore(host="BACKEND", port=6379),
        )

    Wrap the store in `FernetEncryptionWrapper`: it holds the tokens of the provider.

    Sticky sessions do not help. To prove it, go down to one instance and sign in ten times; if all
    ten work, this was it:

        gcloud run services update YOUR-SERVICE --max-instances=1

    A single process that still refuses has another reason; log it next to the `invalid_grant`.
"""

import re
from collections.abc import Iterator, Mapping

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.diagnosis.token_endpoint import code_answer, form, on_cognito, refused, said
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred
from scenarios.registrations import client_id_asked

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=3,
    explains=("token.issued",),
    sources=(
        Source("github.com/punkpeye/fastmcp/issues/277", seen="2026-06-09"),
        Source("github.com/yeongseon/cloudblocks/issues/36", seen="2026-03-17"),
        Source("github.com/taylorwilsdon/google_workspace_mcp/issues/267", seen="2025-11"),
        Source("github.com/PrefectHQ/fastmcp/issues/2634", seen="2025-12-17"),
    ),
)

_ANOTHER_REASON = re.compile(r"verifier|challenge|pkce|redirect|resource|audience|expired|already")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = code_answer(trace)
    if answer is None or not refused(answer, "invalid_grant") or on_cognito(trace, answer):
        return
    if _ANOTHER_REASON.search(said(answer)) or _was_used(trace, answer):
        return
    if _of_another_client(trace, answer):
        return
    yield body_evidence(answer, "a token for a code that is seconds old")
    callback = trace.last(Step.CALLBACK)
    if callback is not None:
        yield evidence(callback, "request.url", callback.request.url)


def _was_used(trace: Trace, answer: Exchange) -> bool:
    code = form(answer).get("code")
    earlier = [one for one in trace.at(Step.TOKEN, Purpose.TOKEN) if one.n < answer.n]
    # Claude Code sends a refused code once more, which did not use it up.
    accepted = [one for one in earlier if not refused(one, "invalid_grant")]
    return any(form(one).get("code") == code for one in accepted)


def _of_another_client(trace: Trace, answer: Exchange) -> bool:
    asked = trace.last(Step.AUTHORIZE, Purpose.AUTHORIZE)
    signed_in = client_id_asked(asked) if asked else None
    redeems = form(answer).get("client_id")
    return signed_in is not None and redeems is not None and signed_in != redeems


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"second_instance_paths": ("/oauth/token",)}
