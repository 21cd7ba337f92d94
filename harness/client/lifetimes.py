"""How long what was issued is good for: access tokens and client secrets.

Nothing here reads a clock: a token counts by the lifetime it was issued with, a secret by the time
of the answer that it came in.
"""

import re
from collections.abc import Mapping

from harness.model.trace import Exchange, Json

_LONGEST = 10**12
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{0,6})?")


def token_lifetime(document: Mapping[str, Json]) -> float | None:
    """Seconds that a token answer names (RFC 6749 section 5.1); None where it names none.

    A null is a token that is over already, a number in quotes counts: both as Claude Code was seen
    to read them.
    """
    if "expires_in" not in document:
        return None
    match document["expires_in"]:
        case None:
            return 0.0
        case bool():
            return None
        case int() | float() as seconds:
            return float(max(0, min(seconds, _LONGEST)))
        case str() as text if _NUMBER.fullmatch(text):
            return float(text)
    return None


def secret_lifetime(exchange: Exchange) -> float | None:
    """Seconds for which a new client secret is good, less than 0 for one that is over already.

    None where it does not expire, which is what 0 means (RFC 7591 section 3.2.1), or where the
    answer does not say.
    """
    end = (exchange.json_object or {}).get("client_secret_expires_at")
    if not isinstance(end, int | float) or isinstance(end, bool) or end == 0:
        return None
    return float(max(-_LONGEST, min(end - exchange.started, _LONGEST)))


def secret_ends(exchange: Exchange) -> str | None:
    """What is to be said of the end of a new client secret; None where it never comes."""
    if "client_secret_expires_at" not in (exchange.json_object or {}):
        return "the answer does not say when the client secret ends; it is taken to last"
    left = secret_lifetime(exchange)
    if left is None:
        return None
    when = f"in {left:.0f} s" if left > 0 else f"{-left:.0f} s before it was issued"
    return f"the client secret ends {when}; it is used until the token endpoint refuses it"
