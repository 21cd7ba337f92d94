"""The handshake, and which version of MCP is spoken."""

import re

from harness.diagnosis.reading import body_evidence, evidence, status_evidence
from harness.model.trace import Json, Purpose, Step, Trace
from harness.specification.calls import calls, last_result, result_evidence, results
from harness.specification.reading import Found, response, shown, some, when
from harness.specification.reasons import INFORMATION, NEVER_SENT, ONE_VERSION, not_ours, ours
from harness.specification.requirement import (
    Requirement,
    Revision,
    requirement,
    unseen,
)

_NAMES = ("name", "version")
_HANDSHAKE = tuple(str(one) for one in Revision if one is not Revision.V2026_07_28)
_LISTS = (
    (Purpose.LIST_TOOLS, "tools"),
    (Purpose.LIST_PROMPTS, "prompts"),
    (Purpose.LIST_RESOURCES, "resources"),
)
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")


@requirement("ver-initialize")
def handshake_complete(trace: Trace) -> Found:
    """initialize is answered with a version, capabilities and the server's name and version."""
    call, result = last_result(trace, Purpose.INITIALIZE)
    info = result.get("serverInfo")
    named = isinstance(info, dict) and all(isinstance(info.get(x), str) for x in _NAMES)
    for name, well in (
        ("protocolVersion", isinstance(result.get("protocolVersion"), str)),
        ("capabilities", isinstance(result.get("capabilities"), dict)),
        ("serverInfo", named),
    ):
        if not well:
            yield result_evidence(call, name, "a value of its type")


@requirement("ver-counter-offer")
def another_version_offered(trace: Trace) -> Found:
    """initialize is answered with a released version, the one asked for or another."""
    found = [one for one in calls(trace) if one.method == "initialize" and one.answer is not None]
    for call in some(found):
        answer = shown(call.answer)
        if answer.error is not None:
            message = str(answer.error.get("message", "")).lower()
            if "version" in message:
                yield evidence(call.exchange, "response.body.error.message", message, "a version")
            continue
        version = shown(answer.result).get("protocolVersion")
        if isinstance(version, str) and version not in _HANDSHAKE:
            yield result_evidence(call, "protocolVersion", "a released version")


@requirement("ver-initialized-202")
def initialized_accepted(trace: Trace) -> Found:
    """notifications/initialized is answered with 202 and no body."""
    one = shown(trace.last(Step.SESSION, Purpose.INITIALIZED))
    if response(one).status != 202:
        yield status_evidence(one, "202")
    elif response(one).body:
        yield body_evidence(one, "no body")


@requirement("ver-header-accept")
def agreed_version_accepted(trace: Trace) -> Found:
    """A call with the version that was agreed on is served."""
    version = last_result(trace, Purpose.INITIALIZE)[1].get("protocolVersion")
    made = [
        one
        for one in calls(trace)
        if one.exchange.request.header("mcp-protocol-version") == version
    ]
    for call in some(made):
        text = response(call.exchange).text[:4096].lower()
        if call.exchange.status in (400, 404) and "version" in text:
            yield body_evidence(call.exchange, "the call served")


@requirement("ver-header-invalid-400")
def other_version_refused(trace: Trace) -> Found:
    """A version that the server does not speak is refused with 400."""
    one = shown(trace.last(Step.SESSION, Purpose.NEWER_VERSION))
    if response(one).status != 400:
        yield status_evidence(one, "400")


@requirement("ver-initialize-2026-body")
def newer_version_refused_cleanly(trace: Trace) -> Found:
    """A refusal of a newer version names the versions that are spoken."""
    one = shown(trace.last(Step.SESSION, Purpose.NEWER_VERSION))
    status = response(one).status
    # A server that speaks the newer version too misses the _meta of such a call.
    when(status != 200 and "_meta" not in response(one).text[:4096])
    if status != 400:
        yield status_evidence(one, "400 with the versions")
    elif not _VERSION.search(response(one).text[:4096]):
        yield body_evidence(one, "the versions that are spoken")


@requirement("ver-probe-4xx")
def discover_refused_cleanly(trace: Trace) -> Found:
    """server/discover is refused with a 4xx status or a JSON-RPC error, not with an outage."""
    one = shown(trace.last(Step.CONNECT, Purpose.DISCOVER))
    if one.response is None or one.response.status >= 500:
        yield status_evidence(one, "4xx, or a JSON-RPC error")
    elif one.response.status == 200:
        made = [call for call in calls(trace) if call.exchange is one]
        if not made or made[0].answer is None:
            yield body_evidence(one, "a JSON-RPC error")


@requirement("ver-capabilities")
def capabilities_declared(trace: Trace) -> Found:
    """What the server lists it declares, and what it declares it lists."""
    declared = _capabilities(trace)
    judged = 0
    for purpose, name in _LISTS:
        made = [one for one in calls(trace) if one.exchange.purpose is purpose]
        for call in made[-1:]:
            listed = call.result.get(name) if call.result else None
            judged += 1
            if listed and name not in declared:
                yield evidence(
                    call.exchange,
                    f"response.body.result.{name}",
                    "(listed)",
                    f"the capability {name} declared",
                )
            elif name in declared and call.error_code == -32601:
                yield evidence(
                    call.exchange, "response.body.error.code", -32601, f"{name}, as declared"
                )
    when(judged)


_UNSEEN = (
    unseen("ver-echo-supported", "A version that the server speaks is repeated.", ONE_VERSION),
    unseen("ver-header-missing-ok", "A call without the version header is served.", NEVER_SENT),
    unseen(
        "ver-header-repeated", "The same version twice in the header counts as once.", NEVER_SENT
    ),
    unseen("ver-no-batched-init", "initialize in a batch is refused.", NEVER_SENT),
    unseen("ver-batch-receive", "A batch is answered.", NEVER_SENT),
    unseen("ver-batch-refused", "A batch is refused.", NEVER_SENT),
    unseen("ver-dual-era", "Which eras the server serves.", INFORMATION),
    unseen(
        "c-ver-init",
        "The handshake comes first and offers the newest version of its era.",
        ours("client.mcp"),
    ),
    unseen(
        "c-ver-header",
        "Every call after the handshake carries the version agreed on.",
        ours("client.mcp"),
    ),
    unseen(
        "c-ver-meta",
        "Every stateless call carries its version and capabilities.",
        ours("client.mcp"),
    ),
    unseen(
        "c-ver-retry-supported",
        "A version error makes the client try one that the server names.",
        not_ours("ours speaks one stateless version, so there is none to try instead"),
    ),
    unseen(
        "c-ver-era-detect",
        "A refused discover makes the client try the handshake.",
        ours("client.connect"),
    ),
    unseen("c-ver-era-cache", "The era is kept for the run.", ours("client.connect")),
    unseen(
        "c-ver-client-info",
        "The client's name is the one of the surface that is played.",
        ours("profiles"),
    ),
)


def _capabilities(trace: Trace) -> dict[str, Json]:
    found = [
        result["capabilities"]
        for call, result in results(trace)
        if call.method in ("initialize", "server/discover") and "capabilities" in result
    ]
    declared = some(found)[-1]
    return declared if isinstance(declared, dict) else {}


ROWS: tuple[Requirement, ...] = (
    handshake_complete,
    another_version_offered,
    initialized_accepted,
    agreed_version_accepted,
    other_version_refused,
    newer_version_refused_cleanly,
    discover_refused_cleanly,
    capabilities_declared,
    *_UNSEEN,
)
