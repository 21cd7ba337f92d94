"""Revoking tokens (RFC 7009)."""

from harness.specification.reasons import NO_REVOCATION
from harness.specification.requirement import (
    Requirement,
    unseen,
)

_UNSEEN = (
    unseen("rev-post", "A revocation is a form in a POST.", NO_REVOCATION),
    unseen("rev-200", "A revocation is 200 for known and unknown tokens.", NO_REVOCATION),
    unseen("rev-effective", "A token that was revoked does not work any more.", NO_REVOCATION),
    unseen("rev-errors", "A wrong client or token type is refused.", NO_REVOCATION),
    unseen("rev-no-get", "A GET without a JSONP callback revokes nothing.", NO_REVOCATION),
)

ROWS: tuple[Requirement, ...] = (*_UNSEEN,)
