"""The questions that cost extra requests: what a server does with used, spent and bogus values.

All of it is exploration, asked last, because some answers rightly end the sign-in.
"""

from harness.client import mcp, token
from harness.client.access import Access
from harness.client.authorization import authorization_url
from harness.client.events import Flow, Send
from harness.client.mcp import Session
from harness.client.registration import Client, register_again
from harness.client.speaker import Speaker
from harness.model.trace import Purpose, Step, Voice

BOGUS = "harness-bogus-value-0000000000000000000000000"


def deep(
    speaker: Speaker, session: Session, access: Access | None, spent: str | None
) -> Flow[None]:
    """`spent` is a refresh token that was used a moment ago."""
    speaker.exploring = True
    bearer = access.tokens.access_token if access else None
    if not session.modern:
        if session.session_id is not None:
            yield from mcp.list_tools_oddly(
                speaker, Purpose.WITHOUT_SESSION, session=session, token=bearer
            )
        yield from mcp.list_tools_oddly(
            speaker, Purpose.NEWER_VERSION, session=session, token=bearer
        )
    if access is not None:
        yield from _authorization_endpoint(speaker, access)
        yield from _token_endpoint(speaker, access, spent)


def _authorization_endpoint(speaker: Speaker, access: Access) -> Flow[None]:
    """Ask it in the name of a client that has just registered, and without `resource`."""
    fresh = yield from register_again(speaker, access.server)
    if fresh is not None:
        yield from _ask(speaker, access, fresh, purpose=Purpose.FRESH_CLIENT)
    yield from _ask(speaker, access, access.client, purpose=Purpose.NO_RESOURCE)


def _ask(speaker: Speaker, access: Access, client: Client, *, purpose: Purpose) -> Flow[None]:
    """GET the authorization endpoint, and go no further."""
    url = authorization_url(
        speaker,
        access.server.endpoint("authorization_endpoint") or "",
        client_id=client.client_id,
        verifier=speaker.entropy("code_verifier"),
        state=speaker.entropy("state"),
        scope=access.grant.scope,
        resource=None if purpose is Purpose.NO_RESOURCE else access.grant.resource,
    )
    yield from speaker.send(
        Send(
            step=Step.AUTHORIZE,
            purpose=purpose,
            voice=Voice.BROWSER,
            method="GET",
            url=url,
            headers=speaker.headers(Voice.BROWSER, url),
            exploration=True,
        )
    )


def _token_endpoint(speaker: Speaker, access: Access, spent: str | None) -> Flow[None]:
    code = token.code_fields(speaker, access.grant)
    bogus = [(name, BOGUS if name == "code" else value) for name, value in code]
    questions = [
        (Purpose.BOGUS_CODE, bogus),
        (Purpose.BOGUS_REFRESH, token.refresh_fields(BOGUS)),
    ]
    if spent is not None:
        questions.append((Purpose.SPENT_REFRESH, token.refresh_fields(spent)))
    questions.append((Purpose.USED_CODE, code))
    for purpose, fields in questions:
        yield from token.probe(
            speaker,
            server=access.server,
            client=access.client,
            purpose=purpose,
            fields=fields,
            resource=access.grant.resource,
        )
