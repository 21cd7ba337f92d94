"""Makes tokens that say of themselves what recorded ones said, and the keys that verify them."""

import base64
import json
import secrets
import string
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.model.trace import Json, Signature, TokenFacts

if TYPE_CHECKING:
    from joserfc.jwk import Key

_LETTERS = string.ascii_letters + string.digits
_SHORTEST, _LONGEST = 16, 2048
_INSTANTS = ("exp", "nbf", "iat")


def fresh_value(length: int) -> str:
    """A value that no encoding changes, as long as the recorded one within reason."""
    return "".join(secrets.choice(_LETTERS) for _ in range(min(max(length, _SHORTEST), _LONGEST)))


class Keys:
    """The keys that stand for those of a recorded server whose tokens verified."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], Key] = {}

    def sign(self, header: Mapping[str, Json], claims: Mapping[str, Json]) -> str | None:
        """A token signed under the recorded key id; None for an algorithm without public keys."""
        algorithm, name = str(header["alg"]), str(header.get("kid") or "")
        key = self._keys.get((algorithm, name)) or _key(algorithm)
        if key is None:
            return None
        from joserfc import jws

        self._keys[algorithm, name] = key
        kept: dict[str, Any] = dict(header)
        return jws.serialize_compact(kept, _text(claims), key, algorithms=[algorithm])

    def published(self, document: Mapping[str, Json]) -> dict[str, Json] | None:
        """The key set with our keys, each in place of the one with its id; None for no key set."""
        found = document.get("keys")
        if not isinstance(found, list) or not self._keys:
            return None
        names = {name for _, name in self._keys}
        kept = [one for one in found if not (isinstance(one, dict) and one.get("kid") in names)]
        return {**document, "keys": [*self._public(), *kept]}

    def _public(self) -> Iterator[dict[str, Json]]:
        for (_, name), key in self._keys.items():
            members: dict[str, Json] = {
                member: str(value) for member, value in key.as_dict(private=False).items()
            }
            members.pop("kid", None)
            yield {**members, "kid": name} if name else members


def fresh_jwt(facts: TokenFacts | None, *, recorded: float, keys: Keys | None) -> str:
    """A JWT with the recorded header and claims, its instants as far from now as they were.

    `recorded` is when the recorded one was issued; without keys its signature is worth nothing.
    """
    header: dict[str, Json] = {"alg": "RS256", **(facts.header if facts else {})}
    claims: dict[str, Json] = {**(facts.claims if facts else {}), "jti": secrets.token_hex(8)}
    for name in _INSTANTS:
        value = claims.get(name)
        if isinstance(value, int | float) and value and not isinstance(value, bool):
            claims[name] = int(value + time.time() - recorded)
    signed = keys.sign(header, claims) if keys is not None else None
    parts = [_text(header), _text(claims), secrets.token_bytes(64)]
    unsigned = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    return signed or ".".join(unsigned)


def verified(facts: TokenFacts | None) -> bool:
    """True for a token whose signature the published keys verified."""
    return facts is not None and facts.signature is Signature.VERIFIES


def _key(algorithm: str) -> "Key | None":
    from joserfc.jwk import ECKey, RSAKey

    curves = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
    if algorithm in curves:
        return ECKey.generate_key(curves[algorithm])
    return RSAKey.generate_key(2048) if algorithm[:2] in ("RS", "PS") else None


def _text(members: Mapping[str, Json]) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode()
