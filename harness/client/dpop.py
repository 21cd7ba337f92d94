"""Proofs of possession for tokens that are bound to a key (RFC 9449)."""

from dataclasses import replace

from harness.client.choices import Prove
from harness.client.events import Flow, Send, sent
from harness.model.trace import Exchange, Purpose
from harness.model.wellknown import origin

_AT_TOKEN_ENDPOINT = (Purpose.TOKEN, Purpose.REFRESH)


def wants_proof(send: Send) -> bool:
    """True for token requests and for calls with a token."""
    return send.purpose in _AT_TOKEN_ENDPOINT or _token(send) is not None


def proven(send: Send, *, prove: Prove, nonces: dict[str, str]) -> Flow[Exchange]:
    """The request with a fresh proof; once more where the server wants its nonce in it.

    `nonces` holds the latest one of each origin.
    """
    for last in (False, True):
        exchange = yield from sent(_with_proof(send, prove, nonces.get(origin(send.url))))
        nonce = exchange.response.header("dpop-nonce") if exchange.response else None
        if nonce is not None:
            nonces[origin(send.url)] = nonce
        if last or nonce is None or not _asks_for_nonce(exchange):
            break
    return exchange


def _with_proof(send: Send, prove: Prove, nonce: str | None) -> Send:
    token = _token(send)
    # RFC 9449 section 4.2: without query and fragment.
    place = send.url.partition("?")[0].partition("#")[0]
    proof = prove(send.method, place, token, nonce)
    headers = tuple(
        (name, f"DPoP {token}" if name.lower() == "authorization" and token else value)
        for name, value in send.headers
    )
    return replace(send, headers=(*headers, ("DPoP", proof)))


def _token(send: Send) -> str | None:
    for name, value in send.headers:
        if name.lower() == "authorization" and value.startswith("Bearer "):
            return value.removeprefix("Bearer ")
    return None


def _asks_for_nonce(exchange: Exchange) -> bool:
    """RFC 9449 sections 8 and 9."""
    response = exchange.response
    if response is None or exchange.status not in (400, 401):
        return False
    said = (response.header("www-authenticate") or "") + response.text[:4096]
    return "use_dpop_nonce" in said
