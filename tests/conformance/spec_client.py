"""The client that the official conformance suite starts: one run of the strict surface.

python tests/conformance/spec_client.py URL
"""

import asyncio
import base64
import hashlib
import json
import os
import sys
import time
import uuid
from collections.abc import Callable

from joserfc import jwt
from joserfc.jwk import ECKey, import_key

from harness.client.choices import Choices, Identity, Machine, MachineGrant, Prove
from harness.model.verdict import Surface
from harness.report.text import text_report
from harness.run.check import Plan, checked

type Context = dict[str, str]


def main() -> int:
    """Runs the flow; what it proves is judged by the servers of the suite."""
    context: Context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    choices = Choices(
        target=sys.argv[1],
        client_id=context.get("client_id"),
        client_secret=context.get("client_secret"),
        prove=_prover(),
        sign=_signer(context) if "private_key_pem" in context else None,
        machine=_machine(os.environ.get("MCP_CONFORMANCE_SCENARIO", ""), context),
        call_tool="test-tool",
        document="https://conformance-test.local/client-metadata.json",
        explores=False,
    )
    plan = Plan(choices=choices, surface=Surface.MCP_SPEC)
    outcome = asyncio.run(checked(plan, record=None, seconds=30))
    print(text_report(outcome.trace, outcome.diagnosis))
    return 0


def _machine(scenario: str, context: Context) -> Machine | None:
    """The grant for what the suite has given; which one is meant only the scenario says."""
    if "idp_token_endpoint" in context:
        identity = Identity(
            token_endpoint=context["idp_token_endpoint"],
            client_id=context["idp_client_id"],
            id_token=context["idp_id_token"],
        )
        return Machine(grant=MachineGrant.JWT_BEARER, identity=identity)
    if "valid_jwt" in context:
        return Machine(grant=MachineGrant.JWT_BEARER, assertion=context["valid_jwt"])
    if "private_key_pem" in context or "client-credentials" in scenario:
        return Machine(grant=MachineGrant.CLIENT_CREDENTIALS)
    return None


def _prover() -> Prove:
    """Makes proofs of possession (RFC 9449 section 4.2) with a key of this run."""
    key = ECKey.generate_key("P-256")
    public = key.as_dict(private=False)

    def prove(method: str, url: str, token: str | None, nonce: str | None) -> str:
        claims = {"htm": method, "htu": url, "iat": int(time.time()), "jti": uuid.uuid4().hex}
        if token is not None:
            digest = hashlib.sha256(token.encode()).digest()
            claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if nonce is not None:
            claims["nonce"] = nonce
        return jwt.encode(
            {"alg": "ES256", "typ": "dpop+jwt", "jwk": public}, claims, key, ["ES256"]
        )

    return prove


def _signer(context: Context) -> Callable[[str], str]:
    """Makes client assertions (RFC 7523 section 3) with the key that was given."""
    algorithm = context.get("signing_algorithm", "ES256")
    key = import_key(context["private_key_pem"], "RSA" if algorithm[0] in "RP" else "EC")

    def sign(audience: str) -> str:
        now = int(time.time())
        client = context["client_id"]
        claims = {"iss": client, "sub": client, "aud": audience, "iat": now, "exp": now + 60}
        header = {"alg": algorithm, "typ": "JWT"}
        return jwt.encode(header, {**claims, "jti": uuid.uuid4().hex}, key, [algorithm])

    return sign


if __name__ == "__main__":
    sys.exit(main())
