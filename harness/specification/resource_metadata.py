"""Where protected resource metadata lies, and how it is sent (RFC 9728 section 3)."""

import json
import re
from itertools import pairwise

from harness.diagnosis.reading import (
    authless,
    body_evidence,
    evidence,
    is_html,
    status_evidence,
)
from harness.diagnosis.token_endpoint import document
from harness.model.trace import Purpose, Trace
from harness.specification.reading import (
    Found,
    asked_at,
    member_evidence,
    protected,
    resource_answers,
    resource_documents,
    response,
    shown,
    some,
    well_known,
    when,
)
from harness.specification.reasons import SECRET, not_ours, ours
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)

_LARGE = 256 * 1024
_DAY = 24 * 3600
_URLS = (
    "resource",
    "jwks_uri",
    "resource_documentation",
    "resource_policy_uri",
    "resource_tos_uri",
)


@requirement("prm-exists")
def document_exists(trace: Trace) -> Found:
    """One of the places of the resource metadata holds a usable document."""
    when(protected(trace) and not authless(trace))
    answers = some(resource_answers(trace))
    for one in answers:
        metadata = document(one)
        usable = isinstance(metadata.get("resource"), str)
        if one.status == 200 and usable and metadata.get("authorization_servers"):
            return
    yield status_evidence(answers[0], "metadata with resource and authorization_servers")


@requirement("prm-path-inserted")
def path_form_served(trace: Trace) -> Found:
    """For a resource with a path, the well-known address with that path holds the metadata."""
    when(protected(trace) and not authless(trace))
    one = shown(asked_at(trace, well_known(trace, Purpose.METADATA_PATH)))
    if one.status != 200 or one.json_object is None:
        yield status_evidence(one, "200 with the metadata")


@requirement("prm-200")
def status_is_200(trace: Trace) -> Found:
    """Metadata is answered with 200, and no other status of success."""
    for one in some(resource_answers(trace)):
        status = response(one).status
        meant = one.purpose is Purpose.METADATA_POINTER
        if status != 200 and (200 <= status < 300 or meant):
            yield status_evidence(one, "200")


@requirement("prm-content-type")
def media_type(trace: Trace) -> Found:
    """The document is sent as application/json."""
    for one, _ in resource_documents(trace):
        if response(one).media_type != "application/json":
            found = response(one).header("content-type") or "(absent)"
            yield evidence(one, "response.header.content-type", found, "application/json")


@requirement("prm-json")
def body_is_an_object(trace: Trace) -> Found:
    """The body is one JSON object in UTF-8, without a byte order mark or a name given twice."""
    answers = (one for one in resource_answers(trace) if one.status == 200)
    for one in some(each for each in answers if not is_html(response(each))):
        fault = _json_fault(response(one).body)
        if fault is not None:
            yield body_evidence(one, f"a JSON object ({fault})")


@requirement("prm-no-404-5xx-mix")
def absent_is_4xx(trace: Trace) -> Found:
    """A place that holds no metadata answers with a 4xx status, and does answer."""
    for one in some(resource_answers(trace)):
        if one.response is None or response(one).status >= 500:
            yield status_evidence(one, "200, or 404")


@requirement("prm-no-empty-arrays")
def no_empty_list(trace: Trace) -> Found:
    """A list without entries is left out, but for bearer_methods_supported."""
    for one, metadata in resource_documents(trace):
        for name, value in metadata.items():
            # An empty authorization_servers is a fault of its own.
            if value == [] and name not in ("bearer_methods_supported", "authorization_servers"):
                yield evidence(one, f"response.body.{name}", "[]", "no such member")


@requirement("prm-no-null")
def no_null(trace: Trace) -> Found:
    """A member without a value is left out, neither null nor an empty URL."""
    for one, metadata in resource_documents(trace):
        for name, value in metadata.items():
            if value is None or (value == "" and name in _URLS):
                yield evidence(one, f"response.body.{name}", json.dumps(value), "no such member")


@requirement("prm-consistent")
def copies_agree(trace: Trace) -> Found:
    """All copies of the metadata name the same authorization servers and scopes."""
    copies = resource_documents(trace)
    when(len(copies) > 1)
    for (_, first), (one, second) in pairwise(copies):
        for name in ("authorization_servers", "scopes_supported"):
            if first.get(name) != second.get(name):
                yield member_evidence(one, second, name, json.dumps(first.get(name)))


@requirement("prm-cache")
def lifetime_bounded(trace: Trace) -> Found:
    """The document says how long it may be kept, at most a day."""
    for one, _ in resource_documents(trace):
        value = response(one).header("cache-control")
        if value is None:
            yield evidence(one, "response.header.cache-control", "(absent)", "a max-age")
            continue
        age = re.search(r"(?<![\w-])max-age\s*=\s*\"?(\d{1,12})", value, re.IGNORECASE)
        if age and int(age.group(1)) > _DAY:
            yield evidence(one, "response.header.cache-control", value, f"at most {_DAY} seconds")


_UNSEEN = (
    unseen(
        "prm-signed-metadata",
        "A signed copy of the metadata agrees with the plain members.",
        SECRET,
    ),
    unseen(
        "c-prm-header-first",
        "The address in the challenge is asked before any other.",
        ours("client.discovery"),
    ),
    unseen(
        "c-prm-fallback-order",
        "Without one, the form with the path is asked, then the root form.",
        ours("client.discovery"),
    ),
    unseen(
        "c-prm-no-rm-0326",
        "A client of 2025-03-26 asks for no resource metadata.",
        not_ours("Claude asks for resource metadata whatever the revision, and so does ours"),
    ),
    unseen("c-prm-validate", "Metadata of another resource is not used.", ours("client.discovery")),
    unseen(
        "c-prm-ignore-unknown", "Members that are not known are ignored.", ours("client.discovery")
    ),
    unseen(
        "c-prm-select-as",
        "The client picks one of several authorization servers; ours takes the first.",
        ours("client.discovery"),
    ),
    unseen(
        "c-prm-refetch",
        "A new challenge makes the client read the metadata again.",
        not_ours("ours reads the metadata once in a run"),
    ),
    unseen("c-prm-ssrf", "Addresses from metadata are followed with care.", ours("proxy.route")),
)


def _json_fault(body: bytes) -> str | None:
    """What is wrong with the body, None when it is one plain JSON object."""
    if len(body) > _LARGE:
        return None
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return "not UTF-8"
    if text.startswith("\ufeff"):
        return "a byte order mark"
    twice: list[str] = []

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in set(names) if names.count(name) > 1)
        return dict(pairs)

    try:
        value = json.loads(text, object_pairs_hook=members)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(value, dict):
        return "not an object"
    return f"{twice[0]} given twice" if twice else None


ROWS: tuple[Requirement, ...] = (
    document_exists,
    path_form_served,
    status_is_200,
    media_type,
    body_is_an_object,
    absent_is_4xx,
    no_empty_list,
    no_null,
    copies_agree,
    lifetime_bounded,
    *_UNSEEN,
)
