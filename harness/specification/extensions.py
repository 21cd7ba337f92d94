"""Extensions and optional documents."""

from harness.diagnosis.reading import evidence
from harness.model.trace import Trace
from harness.specification.reading import (
    Found,
    member_evidence,
    published,
    server_document,
    strings,
    when,
)
from harness.specification.reasons import EXTENSION, NEVER_SENT, not_ours
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)

_ID_JAG = "urn:ietf:params:oauth:grant-profile:id-jag"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@requirement("ext-ema-metadata")
def enterprise_grant_announced(trace: Trace) -> Found:
    """A server that announces the enterprise profile announces its grant too."""
    exchange, metadata = server_document(trace)
    when(_ID_JAG in strings(metadata.get("authorization_grant_profiles_supported")))
    if _JWT_BEARER not in strings(metadata.get("grant_types_supported")):
        yield member_evidence(exchange, metadata, "grant_types_supported", _JWT_BEARER)


@requirement("ext-dpop-as")
def dpop_with_key_pairs(trace: Trace) -> Found:
    """Proofs of possession are signed with key pairs only."""
    exchange, algorithms = published(trace, "dpop_signing_alg_values_supported")
    for one in strings(algorithms):
        if one.lower() == "none" or one.upper().startswith("HS"):
            yield evidence(
                exchange, "response.body.dpop_signing_alg_values_supported", one, "a key pair"
            )


_UNSEEN = (
    unseen("ext-ema-grant", "An identity assertion is traded for a token.", EXTENSION),
    unseen("ext-ema-resource", "That token is for the resource of the assertion.", EXTENSION),
    unseen(
        "ext-cc-metadata", "A client without a user can prove itself by key or by Basic.", EXTENSION
    ),
    unseen("ext-dpop-rs", "A proof of possession is checked in all its parts.", EXTENSION),
    unseen("ext-par", "A pushed request is answered with 201 and its address.", NEVER_SENT),
    unseen("ext-wif", "A workload's assertion is traded for a token.", EXTENSION),
    unseen(
        "c-ext-ema",
        "The identity provider's token is exchanged first.",
        not_ours("ours does not speak the extension"),
    ),
    unseen(
        "c-ext-cc",
        "A client without a user asks for a token in its own name.",
        not_ours("ours does not speak the extension"),
    ),
    unseen(
        "c-ext-dpop",
        "Every call carries a fresh proof of possession.",
        not_ours("ours does not speak the extension"),
    ),
)

ROWS: tuple[Requirement, ...] = (enterprise_grant_announced, dpop_with_key_pairs, *_UNSEEN)
