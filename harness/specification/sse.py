"""The HTTP+SSE transport of 2024-11-05."""

from harness.specification.reasons import OLD_TRANSPORT, not_ours
from harness.specification.requirement import (
    Requirement,
    unseen,
)

_UNSEEN = (
    unseen("sse-endpoint-event", "The stream begins with an endpoint event.", OLD_TRANSPORT),
    unseen("sse-endpoint-origin", "The endpoint lies on the origin of the stream.", OLD_TRANSPORT),
    unseen(
        "sse-message-events",
        "Messages come as events on the stream, posts are answered with 2xx.",
        OLD_TRANSPORT,
    ),
    unseen("sse-origin", "A foreign Origin is refused.", OLD_TRANSPORT),
    unseen(
        "sse-post-405",
        "A POST to the address of the stream is refused with 400, 404 or 405.",
        OLD_TRANSPORT,
    ),
    unseen("sse-auth-both", "The stream and its endpoint both ask for a token.", OLD_TRANSPORT),
    unseen(
        "c-sse-fallback",
        "A refused POST makes the client try the old transport.",
        not_ours("ours does not speak the old transport, and says so"),
    ),
)

ROWS: tuple[Requirement, ...] = (*_UNSEEN,)
