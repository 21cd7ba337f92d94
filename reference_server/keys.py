"""The signing key of the authorization server and the access tokens it signs (RFC 9068)."""

from collections.abc import Mapping

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySetSerialization

ALGORITHM = "ES256"
TOKEN_TYPE = "at+jwt"

type Claims = Mapping[str, object]


class InvalidTokenError(Exception):
    """The token is not one of ours, or is no longer good."""


def new_key() -> ECKey:
    """A fresh P-256 key whose `kid` is its thumbprint (RFC 7638)."""
    return ECKey.generate_key("P-256", parameters={"use": "sig", "alg": ALGORITHM}, auto_kid=True)


def jwks(key: ECKey) -> KeySetSerialization:
    """The public half as a JWK set (RFC 7517 section 5)."""
    return {"keys": [key.as_dict(private=False)]}


def sign(claims: Claims, key: ECKey) -> str:
    """An access token; the type keeps other JWTs from passing as one (RFC 9068 section 2.1)."""
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": TOKEN_TYPE}
    return jwt.encode(header, dict(claims), key, algorithms=[ALGORITHM])


def read(token: str, key: ECKey) -> Claims:
    """The claims of a token signed with our key; raises InvalidTokenError.

    The algorithm is ours, never the one the token names (RFC 8725 section 3.1).
    """
    try:
        decoded = jwt.decode(token, key, algorithms=[ALGORITHM])
    except (JoseError, ValueError, RecursionError) as problem:
        raise InvalidTokenError("the signature does not verify") from problem
    if str(decoded.header.get("typ", "")).lower() != TOKEN_TYPE:
        raise InvalidTokenError(f"the token type is not {TOKEN_TYPE}")
    return decoded.claims
