"""How much a difference says: what Claude acts on first, what nobody reads last."""

from enum import StrEnum

from harness.model.trace import Exchange, Purpose, Step
from harness.recording.members import Difference
from harness.recording.secret_names import words

_READ = words(
    "www-authenticate x-amzn-remapped-www-authenticate content-type location mcp-session-id "
    "mcp-protocol-version retry-after allow refresh"
)
_READ_BY_BROWSERS = words(
    "set-cookie content-security-policy cross-origin-opener-policy x-frame-options"
)
_SIGN_IN = (Step.AUTHORIZE, Step.LOGIN, Step.CALLBACK)
_METADATA = (Step.RESOURCE_METADATA, Step.SERVER_METADATA)
_TOKENS = (Step.TOKEN, Step.REFRESH)


class Weight(StrEnum):
    """How much a difference says, most first."""

    ANSWER = "answer"
    """The status, or that there was no answer."""
    MEMBER = "member"
    """What an answer's body or the issued token says."""
    HEADER = "header"
    """A header of an answer that Claude, or the browser it opens, reads."""
    REQUEST = "request"
    """What the client sent."""
    REST = "rest"
    """What nobody reads: other headers, pages, protocol versions, times."""
    VOLATILE = "volatile"
    """A value that is another one at each run."""

    @property
    def matters(self) -> bool:
        return self not in (Weight.REST, Weight.VOLATILE)

    @property
    def rank(self) -> int:
        return list(Weight).index(self)


def weigh(one: Exchange, other: Exchange, found: Difference) -> Weight:
    """The weight of a difference between two exchanges of one purpose."""
    if found.volatile:
        return Weight.VOLATILE
    match found.place.split(".")[:3]:
        case ["failure"] | ["response", "status"] | ["response", "encoding"]:
            return Weight.ANSWER
        case ["token", *_]:
            return Weight.MEMBER
        case ["response", "body"]:
            bodies = (each.response and each.response.json for each in (one, other))
            return Weight.MEMBER if any(bodies) else Weight.REST
        case ["response", "body", *_]:
            return Weight.MEMBER
        case ["response", "header", name]:
            return Weight.HEADER if _is_read(one, name) else Weight.REST
        case ["request", *_]:
            return Weight.REQUEST
    return Weight.REST


def _is_read(exchange: Exchange, name: str) -> bool:
    """True for a header that somebody acts on in the answer to this exchange."""
    if name.startswith("access-control-"):
        return exchange.purpose in (Purpose.PREFLIGHT, Purpose.PAGE_CALL)
    if name in _READ_BY_BROWSERS:
        return exchange.step in _SIGN_IN
    if name == "cache-control":
        return exchange.step in (*_METADATA, *_TOKENS)
    return name in _READ
