"""The authorization server does not know the refresh token it issued.

What happens
    The first use of a refresh token, moments after it was issued, is refused with `invalid_grant`.
    In daily life it shows after a deployment or a restart: from then on every user has to connect
    again, all at once, when their access token has run out.

Why it breaks
    Refresh tokens lie in the memory of one process and are gone when it ends, or when another
    instance is asked. Claude does right by the answer: `invalid_grant` says that the token is dead,
    and it asks the user to sign in. A store that never wrote the token, or looks it up in another
    form (hashed, cut to a column's length), looks the same from outside.

Fix
    Write refresh tokens, and the clients they belong to, to a store that outlives the process and
    is shared by all instances: a database, or Redis with persistence. Store a hash of the token,
    its client, user, scope and expiry. Keep the keys that sign tokens out of memory too, else every
    access token dies with the restart.

    The MCP SDKs keep nothing themselves: it is your provider's `exchangeRefreshToken` and
    `clientsStore` (TypeScript), or `load_refresh_token` and `get_client` (Python). FastMCP's OAuth
    proxy writes to the container's disk unless it is given a `client_storage`, and that disk is new
    with each deployment on Cloud Run and the like; set `jwt_signing_key` as well.

    Prove it: sign in, restart the server, and refresh:

        curl -i -d grant_type=refresh_token -d refresh_token=ISSUED-BEFORE \\
          -d client_id=ID https://YOUR-TOKEN-ENDPOINT

    It has to answer 200 with a new access token.
"""

import re
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, stopped_at
from harness.diagnosis.token_endpoint import form, refreshes, refused, said
from harness.model.answer import Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_grant, with_field
from scenarios.effects import measured

pattern = Pattern(
    step=Step.REFRESH,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.CONNECTION_EXPIRED,
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("refresh.accepted",),
    sources=(Source("github.com/elgorro/aiquila/issues/72", seen="2026-03-02"),),
)

_ANOTHER_REASON = re.compile(r"scope|resource|audience|aadsts|reuse|already")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    asked = refreshes(trace)
    if not asked or not stopped_at(trace, Step.REFRESH) or not refused(asked[-1], "invalid_grant"):
        return
    last, token = asked[-1], form(asked[-1]).get("refresh_token")
    used_before = any(form(one).get("refresh_token") == token for one in asked[:-1])
    if not used_before and not _ANOTHER_REASON.search(said(last)):
        yield body_evidence(last, "a new access token")
        yield evidence(last, "request.body.refresh_token", token, "a token that is known")


@pattern.request
def request(asked: Asked) -> Asked:
    """To a server that has lost its memory, the token it issued is a foreign one."""
    if not is_grant(asked, "refresh_token"):
        return asked
    return with_field(asked, "refresh_token", "issued-before-the-restart")
