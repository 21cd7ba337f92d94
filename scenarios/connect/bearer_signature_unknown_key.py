"""The token is signed with a key that the authorization server does not publish.

What happens
    The sign-in succeeds and a token is issued. The MCP server refuses it with 401, although its
    issuer, audience and times are right: its signature does not verify with any key at `jwks_uri`.
    It may come and go, or have begun with a deployment. The user reads that the integration
    rejected the credentials.

Why it breaks
    An MCP server that reads JWTs verifies them with the published keys (RFC 9068 section 4). Here
    the token was signed by another key: each instance makes one of its own when it starts, a
    restart has replaced it, a proxy in front of the identity provider signs anew but publishes the
    provider's keys, or `jwks_uri` leads to another tenant. A symmetric algorithm (`HS256`) can
    never be verified by published keys.

Fix
    Sign with one key that all instances share and that outlives a restart, and publish its public
    half under the `kid` that stands in the header of the tokens. To change it, publish the new key
    first, sign with it once caches have run out, and take the old one away when its last token has
    expired.

    FastMCP's OAuth proxy makes its key from `jwt_signing_key`: give it to every instance. Servers
    that read a secret from the environment and else make a random one need that variable set.

    The `kid` of a token has to be among the published ones:

        jq -rR 'split(".")[0] | gsub("-";"+") | gsub("_";"/")
          | @base64d | fromjson' token.txt

        curl -s https://YOUR-ISSUER/jwks | jq '.keys[] | {kid, alg, kty}'
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.bearer import other_audience, other_issuer, other_time, refused_call
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refusal_evidence
from harness.model.trace import Exchange, Purpose, Signature, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.CREDENTIALS_REJECTED,
    confidence=Confidence.OBSERVED,
    reports=2,
    explains=("connect.accepted",),
    sources=(
        Source("github.com/keboola/mcp-server/issues/508", seen="2026-05-07"),
        Source("github.com/Systemorph/MeshWeaver/issues/5074", seen="2026-09-21"),
        Source("RFC 9068 section 4", seen="2021-10"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    called, keys = refused_call(trace, 401), trace.last(Step.CONNECT, Purpose.KEYS)
    token = keys.token if keys else None
    if called is None or keys is None or token is None:
        return
    if token.signature not in (Signature.WRONG, Signature.UNKNOWN_KEY):
        return
    # A claim that is wrong explains the refusal without it.
    if other_audience(trace) or list(other_issuer(trace)) or list(other_time(trace)):
        return
    signed = ", ".join(f"{name} {value}" for name, value in token.header.items() if name != "typ")
    yield evidence(keys, "token.header", signed, f"a key of {keys.request.url}: {_published(keys)}")
    yield from refusal_evidence(called)


def _published(keys: Exchange) -> str:
    found = (keys.json_object or {}).get("keys")
    listed = found if isinstance(found, list) else []
    return ", ".join(str(one.get("kid")) for one in listed if isinstance(one, dict)) or "none"


@pattern.settings
def settings() -> Mapping[str, object]:
    """Two instances, each with a key of its own: one issues, the other verifies and publishes."""
    return {"second_instance_paths": ("/mcp", "/oauth/jwks"), "second_instance_key": True}
