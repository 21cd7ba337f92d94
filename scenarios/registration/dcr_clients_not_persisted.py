"""The authorization server has forgotten a client it registered a moment ago.

What happens
    The registration was accepted, and the authorization endpoint or the token endpoint does not
    know the client: `invalid_client`, "Client not found". It comes after a deployment or a restart,
    or comes and goes where several instances run.

Why it breaks
    Registered clients lie in the memory of one process. Another instance, or the same one after a
    restart, has none of them. Claude keeps the client id for as long as the connector lives, and
    Claude Code keeps its own per server, so a client has to be good for months, not for a session.

Fix
    Write registrations to a store that all instances share and that outlives them (a database, or
    Redis with persistence), before the 201 is sent. The samples of most SDKs hold a dictionary: in
    the TypeScript SDK give the provider's `clientsStore` your own `getClient` and `registerClient`,
    in the Python SDK write `get_client` and `register_client` of your provider against the
    database. FastMCP's OAuth proxy keeps its clients in the memory or on the disk of one machine,
    which a container loses, unless it is told otherwise:

        from key_value.aio.stores.redis import RedisStore

        auth = OAuthProxy(
            ...,
            jwt_signing_key=os.environ["JWT_SIGNING_KEY"],
            client_storage=RedisStore(host="redis", port=6379),
        )

    (Wrap the store in `FernetEncryptionWrapper`: it holds tokens as well.) Or make the client id
    carry the registration itself, signed: then there is nothing to keep. Sticky sessions do not
    help, since Claude and the user's browser come from different addresses.

    Prove it: register, restart or ask ten times, and look whether a sign-in page comes every time,
    and never an error about the client:

        curl -si -G https://YOUR-AUTHORIZATION-ENDPOINT \\
          -d response_type=code -d client_id=ID -d state=x \\
          -d redirect_uri=https://claude.ai/api/mcp/auth_callback \\
          -d code_challenge=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU \\
          -d code_challenge_method=S256
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, simulated
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.registrations import registered_clients, registers, unknown_clients

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.BREAKS,
            Confidence.REPORTED,
            Source("github.com/anthropics/claude-code/issues/79505", seen="2026-07-20"),
        ),
    },
    confidence=Confidence.REPORTED,
    reports=5,
    explains=("authorize.answers", "login.reaches-callback", "token.issued", "refresh.accepted"),
    sources=(
        Source("github.com/arc-mcp/arc-1/issues/212", seen="2026-05-05"),
        Source("github.com/punkpeye/fastmcp/issues/277", seen="2026-06-09"),
        Source("github.com/elgorro/aiquila/issues/72", seen="2026-03-02"),
        Source("github.com/mcpauth/mcpauth/issues/7", seen="2025-12-27"),
        Source("github.com/anthropics/claude-code/issues/79505", seen="2026-07-20"),
    ),
)

MOMENTS = 15 * 60
"""Seconds after which a real client that is gone may have been removed on purpose."""


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    clients = registered_clients(trace)
    for unknown in unknown_clients(trace):
        registration = clients.get(unknown.client_id)
        if registration is None:
            continue
        passed = unknown.exchange.started - registration.started
        if simulated(trace) or passed <= MOMENTS:
            yield evidence(registration, "response.body.client_id", unknown.client_id)
            yield evidence(unknown.exchange, unknown.place, unknown.said, "a client that is known")


@pattern.settings
def settings() -> Mapping[str, object]:
    """Registrations reach one instance, browsers the other."""
    return {"second_instance_paths": ("/oauth/authorize",)}


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return registers(asked, answer) or answer
