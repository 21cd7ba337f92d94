"""The shape of a surface profile: plain values, and where each was learned."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.model.trace import Headers, Json, Purpose, Voice
from harness.model.verdict import Confidence, Surface
from harness.profiles.policy import (
    CallbackIss,
    CimdCondition,
    IssuerCheck,
    MissingMetadata,
    RefusedGrant,
    RegistrationOrder,
    ResourceCheck,
    StepUpScope,
)


@dataclass(frozen=True)
class Provenance:
    source: str
    seen: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What one surface sends and accepts.

    Header values may hold `$HOST`, filled in per request; header tuples are in wire order.
    Times are seconds.
    """

    surface: Surface
    as_of: str

    broker_headers: Headers
    runtime_headers: Headers
    browser_headers: Headers
    opening: tuple[tuple[Voice, Purpose], ...]
    broker_client_info: Mapping[str, Json]
    runtime_client_info: Mapping[str, Json]
    runtime_capabilities: Mapping[str, Json]
    handshake_version: str
    modern_version: str

    asks_path_issuer_at_root: bool
    missing_metadata: MissingMetadata
    issuer_check: IssuerCheck
    resource_check: ResourceCheck

    registration: RegistrationOrder
    cimd_condition: CimdCondition
    cimd_client_id: str
    registration_body: Mapping[str, Json]
    refused_grant: RefusedGrant
    given_client_auth: str

    redirect_uri: str
    offline_access_when_listed: bool
    callback_iss: CallbackIss
    fetches_metadata_again: bool
    step_up_scope: StepUpScope

    discovery_timeout: float
    token_timeout: float
    refresh_timeout: float
    connect_timeout: float
    connect_retry_delays: tuple[float, ...]

    provenance: Mapping[str, Provenance]
