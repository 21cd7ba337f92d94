"""Contract rows about the members of metadata: there where required, and of the right type."""

import json
from collections.abc import Iterator

from harness.diagnosis.contract import Row
from harness.diagnosis.reading import evidence, guess_failed, refused, stopped_at, used
from harness.model.trace import Exchange, Step, Trace
from harness.model.typed import Mistyped, mistyped_resource, mistyped_server
from harness.model.verdict import Evidence, Impact

_ENDPOINTS = ("authorization_endpoint", "token_endpoint")


def mistyped_members(trace: Trace) -> Iterator[tuple[Exchange, Mistyped]]:
    """The members that a reader by type refuses, endpoints aside, which every reader needs."""
    yield from _of_step(trace, Step.RESOURCE_METADATA)
    yield from _of_step(trace, Step.SERVER_METADATA)


def mistyped_evidence(answer: Exchange, found: Mistyped) -> Evidence:
    quote = "(absent)" if found.absent else json.dumps(found.value, ensure_ascii=False)
    return evidence(answer, f"response.body.{found.name}", quote, f"a {found.wanted}")


def _of_step(trace: Trace, step: Step) -> Iterator[tuple[Exchange, Mistyped]]:
    resource = step is Step.RESOURCE_METADATA
    answer = (refused(trace) if resource else None) or used(trace, step)
    document = answer.json_object if answer else None
    if answer is None or document is None:
        return
    found = mistyped_resource(document) if resource else mistyped_server(document, answer.purpose)
    for one in found:
        if one.name not in _ENDPOINTS:
            yield answer, one


def _resource(trace: Trace) -> Iterator[Evidence]:
    for answer, one in _of_step(trace, Step.RESOURCE_METADATA):
        if one.name != "resource":
            yield mistyped_evidence(answer, one)


def _server(trace: Trace) -> Iterator[Evidence]:
    for answer, one in _of_step(trace, Step.SERVER_METADATA):
        if one.name != "issuer":
            yield mistyped_evidence(answer, one)


ROWS = (
    Row(
        id="resource-metadata.members",
        step=Step.RESOURCE_METADATA,
        title="a member of the resource metadata is of another type",
        source="RFC 9728 section 2",
        check=_resource,
        impact=lambda trace: (
            Impact.BREAKS if refused(trace) and guess_failed(trace) else Impact.ADVISORY
        ),
    ),
    Row(
        id="server-metadata.members",
        step=Step.SERVER_METADATA,
        title="a member of the metadata is missing or of another type",
        source="RFC 8414 section 2, OpenID Connect Discovery 1.0 section 3",
        check=_server,
        impact=lambda trace: (
            Impact.BREAKS if stopped_at(trace, Step.SERVER_METADATA) else Impact.ADVISORY
        ),
    ),
)
