"""Why a registration was refused is read from what was tried, and then from the words."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live import checked, emptied

from harness.client.choices import Choices
from harness.diagnosis.catalogue import scenario
from harness.model.trace import Headers, Purpose, Step, Trace
from harness.model.verdict import Impact
from scenarios.hand_made import recorded, traffic
from scenarios.registrations import Reason, refusal_of, unknown_clients

JSON: Headers = (("Content-Type", "application/json"),)
SENT = b'{"client_name":"Claude","redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}'


def registration(
    status: int, answer: bytes, purpose: Purpose = Purpose.REGISTER, headers: Headers = JSON
) -> Trace:
    return traffic(
        recorded(
            Step.REGISTRATION,
            "https://auth.example.com/register",
            method="POST",
            body=SENT,
            status=status,
            headers=headers,
            answer=answer,
            purpose=purpose,
        )
    )


def reasons(trace: Trace) -> set[Reason]:
    return {one for one in Reason if refusal_of(trace, one) is not None}


def oauth(error: str, said: str) -> bytes:
    return json.dumps({"error": error, "error_description": said}).encode()


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (400, oauth("invalid_redirect_uri", "host not allowed"), {Reason.REDIRECT_URI}),
        (403, oauth("insufficient_scope", "Policy 'Trusted Hosts' rejected"), {"trusted-hosts"}),
        (400, oauth("invalid_request", 'Unrecognized field "x"'), {Reason.KEYCLOAK}),
        (403, oauth("dynamic_client_registration_not_enabled", ""), {Reason.DISABLED}),
        (403, oauth("access_denied", "Registration is currently disabled"), {Reason.DISABLED}),
        (400, oauth("invalid_client_metadata", "scope is required"), {Reason.MEMBER}),
        (422, b'{"detail":[{"loc":["body","client_uri"],"msg":"Field required"}]}', {"member"}),
        # The member is in the request: whatever the server misses, it is not that.
        (400, oauth("invalid_client_metadata", "client_name is required"), set()),
        (401, b"", {Reason.CREDENTIALS}),
        (403, oauth("access_denied", "an API key is needed"), {Reason.CREDENTIALS}),
        (403, b'{"message":"Forbidden"}', set()),
        (403, b"<html><body>Sign in to see why you were blocked</body></html>", set()),
        (400, oauth("invalid_client_metadata", "no"), set()),
        (500, oauth("server_error", "registration is disabled"), set()),
    ],
)
def test_the_words_of_a_refusal(status: int, answer: bytes, expected: set[Reason]) -> None:
    assert reasons(registration(status, answer)) == expected


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ({Purpose.REGISTER_PUBLIC}, {Reason.CONFIDENTIAL}),
        ({Purpose.REGISTER_CODE_ONLY}, {Reason.GRANT}),
        ({Purpose.REGISTER_PUBLIC, Purpose.REGISTER_CODE_ONLY}, set()),
        (set(), set()),
    ],
)
def test_what_was_accepted_tells_the_reason(accepted: set[Purpose], expected: set[Reason]) -> None:
    exchanges = [*registration(400, oauth("invalid_client_metadata", "no")).exchanges]
    for purpose in (Purpose.REGISTER_PUBLIC, Purpose.REGISTER_CODE_ONLY):
        good = purpose in accepted
        tried = registration(201 if good else 400, b'{"client_id":"c"}' if good else b"", purpose)
        exchanges += [replace(one, exploration=True) for one in tried.exchanges]
    assert reasons(traffic(*exchanges)) == expected


@given(status=st.sampled_from((400, 401, 403, 422, 429)), answer=st.binary(max_size=200))
def test_no_answer_has_two_reasons(status: int, answer: bytes) -> None:
    assert len(reasons(registration(status, answer))) <= 1


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("Client not found", False),
        ("Unrecognized client_id", False),
        ("Unknown client", False),
        ("The client application could not be found", False),
        ("No such client", False),
        ("redirect_uri is not registered for this client", True),
        ("The client's redirect URI is not registered", True),
        ("Client authentication failed", True),
        ("There is no such code for this client", True),
    ],
)
def test_an_unknown_client_is_told_from_other_refusals(said: str, known: bool) -> None:
    asked = recorded(
        Step.AUTHORIZE,
        "https://auth.example.com/authorize?client_id=app-1",
        status=400,
        answer=said.encode(),
    )
    assert [one.client_id for one in unknown_clients(traffic(asked))] == (
        [] if known else ["app-1"]
    )


async def test_a_forgotten_client_is_a_warning_where_claude_brings_a_document(
    tmp_path: Path,
) -> None:
    """CIMD needs no registration: the run connects, and the extra questions show the rest."""
    known = scenario("dcr-clients-not-persisted")
    assert known is not None
    apart = emptied(known)
    apart.pattern.settings(lambda: {"second_instance_paths": ("/oauth/register",)})
    outcome = await checked(tmp_path / "run.jsonl", apart, choices=Choices(target="", deep=True))
    assert [(one.id, one.impact) for one in outcome.diagnosis.findings] == [
        ("dcr-clients-not-persisted", Impact.DEGRADES)
    ]
