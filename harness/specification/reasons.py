"""Why a trace cannot show whether a requirement is kept."""

NEVER_SENT = "needs a request that is never sent"
OWN_DOCUMENT = "needs a client metadata document of our own, made wrong on purpose"
LOOPBACK = "needs a client with a loopback redirect URI"
SECOND_PARTY = "needs a second account, resource or client"
TIME = "needs hours or days to pass"
INTERNALS = "shows only inside the server"
EXTENSION = "needs an extension that the client does not speak"
OPTION = "an option: leaving it out violates nothing"
OLD_TRANSPORT = "needs the HTTP+SSE transport, which the client does not speak"
SECRET = "hangs on a secret, which a trace holds only as a placeholder"
NO_REVOCATION = "needs a revocation, which Claude was never seen to send"
ONE_VERSION = "needs other protocol versions than the client offers"
NO_ORIGIN = "needs a call with a token or for metadata that names a foreign Origin"
SECOND_STREAM = "needs a second or a resumed stream"
INFORMATION = "tells what a server is; there is nothing to violate"


def ours(place: str) -> str:
    """The duty is our own client's, kept in this module of the program."""
    return f"binds our own client, which keeps it in harness.{place}"


def not_ours(why: str) -> str:
    """The duty is the client's, and ours does what Claude does instead."""
    return f"binds the client: {why}"
