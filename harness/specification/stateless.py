"""What the stateless protocol of 2026-07-28 asks of every answer."""

from harness.diagnosis.reading import body_evidence, evidence, status_evidence
from harness.model.trace import Trace
from harness.specification.calls import result_evidence, results, stateless_calls
from harness.specification.reading import Found, items, response, shown, some, when
from harness.specification.reasons import (
    EXTENSION,
    INTERNALS,
    NEVER_SENT,
    SECOND_STREAM,
    not_ours,
    ours,
)
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)
from harness.specification.tools import annotated, is_token, listed, tools_of

_META = "io.modelcontextprotocol/serverInfo"
_NAMES = ("name", "version")
_LISTS = (
    "server/discover",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
)
_ERRORS = (-32020, -32021, -32022)
_INPUT = ("tools/call", "prompts/get", "resources/read")


@requirement("ver-discover")
def discover_answered(trace: Trace) -> Found:
    """server/discover names the versions, the one in use among them, and capabilities."""
    found = [each for each in results(trace) if each[0].method == "server/discover"]
    for call, result in some(found):
        version = call.exchange.request.header("mcp-protocol-version")
        if version not in items(result.get("supportedVersions")):
            yield result_evidence(call, "supportedVersions", str(version))
        if not isinstance(result.get("capabilities"), dict):
            yield result_evidence(call, "capabilities", "an object")


@requirement("ver-discover-cache")
def discover_says_how_long_it_lasts(trace: Trace) -> Found:
    """The answer to server/discover has ttlMs and cacheScope."""
    yield from _cache_hints(trace, "server/discover")


@requirement("ver-server-info")
def server_named_everywhere(trace: Trace) -> Found:
    """Every result names the server in its _meta."""
    for call, result in results(trace, stateless=True):
        meta = result.get("_meta")
        info = meta.get(_META) if isinstance(meta, dict) else None
        if not isinstance(info, dict) or not all(isinstance(info.get(x), str) for x in _NAMES):
            yield result_evidence(call, "_meta", f"{_META} with name and version")


@requirement("ver-unknown-method-404")
def unknown_method_is_404(trace: Trace) -> Found:
    """An unknown method is 404 with the JSON-RPC error -32601 and the id."""
    unknown = [
        one
        for one in stateless_calls(trace)
        if one.exchange.status == 404 or one.error_code == -32601
    ]
    for call in some(unknown):
        if call.exchange.status != 404:
            yield status_evidence(call.exchange, "404 for -32601")
        elif call.error_code != -32601:
            yield body_evidence(call.exchange, "the JSON-RPC error -32601")


@requirement("ver-result-type")
def result_has_a_type(trace: Trace) -> Found:
    """Every result says whether it is complete."""
    for call, result in results(trace, stateless=True):
        if result.get("resultType") not in ("complete", "input_required"):
            yield result_evidence(call, "resultType", "complete")


@requirement("ver-error-codes")
def codes_of_the_protocol(trace: Trace) -> Found:
    """No error code is used that the protocol reserves or has given up."""
    failed = [one for one in stateless_calls(trace) if one.error_code is not None]
    for call in some(failed):
        code = shown(call.error_code)
        reserved = -32099 <= code <= -32020 and code not in _ERRORS
        if reserved or code in (-32002, -32042):
            yield evidence(call.exchange, "response.body.error.code", code, "a code in use")


@requirement("sh-cache-hints")
def lists_say_how_long_they_last(trace: Trace) -> Found:
    """Every list has ttlMs and cacheScope."""
    yield from _cache_hints(trace, *_LISTS[1:])


@requirement("sh-list-stable")
def list_keeps_its_order(trace: Trace) -> Found:
    """Two lists of the tools have the same order."""
    found = [
        (call, [each.get("name") for each in tools_of(result)])
        for call, result in results(trace, stateless=True)
        if call.method == "tools/list"
    ]
    when(len(found) > 1)
    _, first = found[0]
    for call, names in found[1:]:
        if names != first and sorted(map(str, names)) == sorted(map(str, first)):
            yield evidence(call.exchange, "response.body.result.tools", names, str(first))


@requirement("sh-mrtr")
def input_asked_where_allowed(trace: Trace) -> Found:
    """Input is asked for only by calls that may, and says what is needed."""
    asking = [
        each
        for each in results(trace, stateless=True)
        if each[1].get("resultType") == "input_required"
    ]
    for call, result in some(asking):
        if call.method not in _INPUT:
            yield result_evidence(call, "resultType", "complete")
        elif "inputRequests" not in result and "requestState" not in result:
            yield result_evidence(call, "inputRequests", "what is needed")


@requirement("sh-session-none")
def no_session(trace: Trace) -> Found:
    """No answer opens a session."""
    for call in stateless_calls(trace):
        if response(call.exchange).header("mcp-session-id") is not None:
            yield evidence(call.exchange, "response.header.mcp-session-id", "(a session)", "none")


@requirement("sh-x-mcp-header")
def header_annotations_well_formed(trace: Trace) -> Found:
    """Every x-mcp-header is a name of its own, on a plain value that properties lead to."""
    call, tools = listed(trace)
    judged = 0
    for index, tool in enumerate(tools):
        place = f"response.body.result.tools.{index}.inputSchema"
        names: list[str] = []
        for schema, reachable in annotated(tool.get("inputSchema")):
            judged += 1
            name = schema.get("x-mcp-header")
            plain = schema.get("type") in ("integer", "string", "boolean")
            token = isinstance(name, str) and is_token(name)
            twice = str(name).lower() in names
            names.append(str(name).lower())
            if not (token and plain and reachable) or twice:
                yield evidence(call.exchange, place, name, "a name of its own on a plain value")
    when(judged)


@requirement("ext-declared")
def extensions_well_named(trace: Trace) -> Found:
    """An extension is named by a domain and a name."""
    found = [each for each in results(trace) if each[0].method == "server/discover"]
    call, result = some(found)[-1]
    capabilities = result.get("capabilities")
    extensions = capabilities.get("extensions") if isinstance(capabilities, dict) else None
    for name in some(extensions if isinstance(extensions, dict) else ()):
        domain, slash, rest = name.partition("/")
        if not slash or not rest or "." not in domain:
            yield evidence(
                call.exchange, "response.body.result.capabilities.extensions", name, "domain/name"
            )


_UNSEEN = (
    unseen(
        "ver-meta-required", "A call without its version or capabilities is refused.", NEVER_SENT
    ),
    unseen("ver-clientinfo-optional", "A call without the client's name is served.", NEVER_SENT),
    unseen(
        "ver-unsupported-version",
        "An unknown version is refused with the versions that are spoken.",
        NEVER_SENT,
    ),
    unseen(
        "ver-header-mismatch",
        "A version that differs between header and body is refused.",
        NEVER_SENT,
    ),
    unseen("ver-header-required", "A call without the version header is refused.", NEVER_SENT),
    unseen("ver-removed-methods", "The methods of the handshake era are unknown.", NEVER_SENT),
    unseen(
        "ver-init-error-names-versions",
        "A plain initialize is refused with the versions that are spoken.",
        NEVER_SENT,
    ),
    unseen("ver-no-prior-state", "A call is served without any call before it.", NEVER_SENT),
    unseen(
        "ver-missing-capability",
        "A call that needs a capability the client lacks is refused.",
        NEVER_SENT,
    ),
    unseen("sh-get-delete-405", "GET and DELETE are answered with 405.", NEVER_SENT),
    unseen("sh-no-resume", "Last-Event-ID is ignored.", SECOND_STREAM),
    unseen("sh-mcp-method", "A wrong Mcp-Method is refused.", NEVER_SENT),
    unseen("sh-mcp-name", "A wrong Mcp-Name is refused.", NEVER_SENT),
    unseen(
        "sh-header-case", "Header names may be written in any letter case, values not.", NEVER_SENT
    ),
    unseen("sh-param-headers", "A wrong Mcp-Param header is refused.", NEVER_SENT),
    unseen("sh-listen", "A subscription begins with its acknowledgement.", EXTENSION),
    unseen("sh-resource-not-found", "An unknown resource is refused with -32602.", NEVER_SENT),
    unseen("sh-disconnect", "Closing a stream ends the call.", INTERNALS),
    unseen(
        "c-sh-std-headers", "Every stateless call names its method in a header.", ours("client.mcp")
    ),
    unseen(
        "c-sh-param-headers",
        "Annotated arguments are repeated in headers.",
        not_ours("ours calls a tool without arguments, so there is none to repeat"),
    ),
    unseen("c-sh-no-responses", "The client posts no responses.", ours("client.mcp")),
    unseen(
        "c-sh-reissue",
        "A call whose stream broke is made again with a new id.",
        not_ours("ours reports a broken stream as what it is"),
    ),
    unseen(
        "c-sh-result-type", "A result without a type counts as complete.", ours("model.jsonrpc")
    ),
    unseen(
        "c-sh-mrtr",
        "A call is repeated with the input that was asked for.",
        not_ours("ours answers no request for input"),
    ),
)


def _cache_hints(trace: Trace, *methods: str) -> Found:
    found = [each for each in results(trace, stateless=True) if each[0].method in methods]
    for call, result in some(found):
        lasts = result.get("ttlMs")
        if not isinstance(lasts, int | float) or isinstance(lasts, bool) or lasts < 0:
            yield result_evidence(call, "ttlMs", "0 or more")
        if result.get("cacheScope") not in ("public", "private"):
            yield result_evidence(call, "cacheScope", "public or private")


ROWS: tuple[Requirement, ...] = (
    discover_answered,
    discover_says_how_long_it_lasts,
    server_named_everywhere,
    unknown_method_is_404,
    result_has_a_type,
    codes_of_the_protocol,
    lists_say_how_long_they_last,
    list_keeps_its_order,
    input_asked_where_allowed,
    no_session,
    header_annotations_well_formed,
    extensions_well_named,
    *_UNSEEN,
)
