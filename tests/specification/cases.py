"""One case of a bent trace, and the exchanges that cases pick."""

from dataclasses import dataclass

from bends import (
    Bend,
    at,
)

from harness.model.trace import Purpose, Step

ENDPOINT = "https://mcp.reference.test/mcp"
ISSUER = "https://auth.reference.test"
POINTER = "https://mcp.reference.test/.well-known/oauth-protected-resource/mcp"
CALLBACK = "https://claude.ai/api/mcp/auth_callback"
LACKS_SCOPE = 'Bearer error="insufficient_scope"'
WHERE = f'scope="notes:write", resource_metadata="{POINTER}"'
PAGE = "<!doctype html><title>Loading</title>"

OPENING = at(Step.CHALLENGE, Purpose.INITIALIZE, Purpose.DISCOVER)
PRM = at(Step.RESOURCE_METADATA)
POINTED = at(Step.RESOURCE_METADATA, Purpose.METADATA_POINTER)
ROOT = at(Step.RESOURCE_METADATA, Purpose.METADATA_ROOT)
ASM = at(Step.SERVER_METADATA)
REGISTER = at(Step.REGISTRATION)
AUTHORIZE = at(Step.AUTHORIZE, Purpose.AUTHORIZE)
LOGIN = at(Step.LOGIN)
PAGES = at(Step.LOGIN, method="GET")
CONSENT = at(Step.LOGIN, method="POST")
BACK = at(Step.CALLBACK)
TOKEN = at(Step.TOKEN, Purpose.TOKEN)
REFRESH = at(Step.REFRESH, Purpose.REFRESH)
DISCOVER = at(Step.CONNECT, Purpose.DISCOVER)
INITIALIZE = at(Step.CONNECT, Purpose.INITIALIZE)
TOOLS = at(Step.SESSION, Purpose.LIST_TOOLS)
PROMPTS = at(Step.SESSION, Purpose.LIST_PROMPTS)
PREFLIGHT = at(Step.CHALLENGE, Purpose.PREFLIGHT)
PAGE_CALL = at(Step.CHALLENGE, Purpose.PAGE_CALL)


@dataclass(frozen=True)
class Case:
    """`also` names the requirements that cannot but be violated together with this one."""

    id: str
    bend: Bend
    also: frozenset[str] = frozenset()
    era: str = "stateless"
    revision: str | None = None


def case(
    name: str, change: Bend, *also: str, era: str = "stateless", revision: str | None = None
) -> Case:
    return Case(name, change, frozenset(also), era, revision)
