"""What an answer of the token endpoint says, however odd."""

import json

import pytest

from harness.diagnosis.token_endpoint import lifetime
from harness.model.trace import Purpose, Step
from scenarios.hand_made import recorded


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (3600, 3600.0),
        ("3600", 3600.0),
        (int("9" * 400), 1e12),
        (-int("9" * 400), -1e12),
        (None, None),
    ],
)
def test_a_lifetime_is_a_number_of_seconds(said: object, seconds: float | None) -> None:
    answer = recorded(
        Step.TOKEN,
        "https://auth.example.com/token",
        method="POST",
        status=200,
        headers=(("Content-Type", "application/json"),),
        answer=json.dumps({"access_token": "opaque", "expires_in": said}).encode(),
        purpose=Purpose.TOKEN,
    )
    assert lifetime(answer) == seconds
