"""Bent calls behind the sign-in, and answers to pages of other origins."""

from dataclasses import replace

from bends import (
    GONE,
    at,
    bend,
    body,
    both,
    challenge,
    header,
    member,
    noted,
    result,
    rpc,
    status,
)
from cases import (
    ASM,
    DISCOVER,
    INITIALIZE,
    LACKS_SCOPE,
    PAGE_CALL,
    POINTER,
    PREFLIGHT,
    PROMPTS,
    TOOLS,
    WHERE,
    case,
)

from harness.model.trace import Exchange, Purpose, Step, Timing, Trace


def slow(one: Exchange) -> Exchange:
    return replace(one, timing=Timing(total=301_000.0))


def tool_call(one: Exchange) -> Exchange:
    """The same exchange, as if a tool had been called."""
    return replace(one, purpose=Purpose.CALL_TOOL)


def _tools(trace: Trace) -> list[object]:
    listed = trace.last(Step.SESSION, Purpose.LIST_TOOLS)
    assert listed is not None
    assert listed.response is not None
    message = listed.response.json_object
    assert message is not None
    found = message["result"]
    assert isinstance(found, dict)
    tools = found["tools"]
    assert isinstance(tools, list)
    return list(tools)


CALLS = [
    case("rs-token-works", bend(DISCOVER, status(403), body(""))),
    case(
        "rs-invalid-challenge",
        bend(PROMPTS, status(401), body(""), challenge("Bearer realm=x")),
        "rs-stateless-backend",
    ),
    case(
        "rs-status-map",
        bend(PROMPTS, status(403), body(""), challenge('Bearer error="invalid_token"')),
    ),
    case(
        "rs-stateless-backend",
        bend(
            PROMPTS,
            status(401),
            body(""),
            challenge(f'Bearer error="invalid_token", resource_metadata="{POINTER}"'),
        ),
    ),
    case("ver-initialize", bend(INITIALIZE, result(serverInfo={"name": "x"})), era="handshake"),
    case(
        "ver-counter-offer", bend(INITIALIZE, result(protocolVersion="2025-11-26")), era="handshake"
    ),
    case(
        "ver-initialized-202",
        bend(at(Step.SESSION, Purpose.INITIALIZED), status(200)),
        "sh-notification-202",
        era="handshake",
    ),
    case(
        "ver-header-accept",
        bend(TOOLS, status(400), body("unsupported protocol version", "text/plain")),
        era="handshake",
    ),
    case(
        "ver-header-invalid-400",
        bend(at(Step.SESSION, Purpose.NEWER_VERSION), status(200)),
        era="handshake",
    ),
    case(
        "ver-initialize-2026-body",
        bend(at(Step.SESSION, Purpose.NEWER_VERSION), body("Bad Request")),
        era="handshake",
    ),
    case("ver-probe-4xx", bend(DISCOVER, status(502), body("")), era="handshake"),
    case("ver-capabilities", bend(DISCOVER, result(capabilities={}))),
    case("ver-discover", bend(DISCOVER, result(supportedVersions=["2027-01-01"]))),
    case("ver-discover-cache", bend(DISCOVER, result(ttlMs=GONE))),
    case("ver-server-info", bend(TOOLS, result(_meta=GONE))),
    case("ver-unknown-method-404", bend(PROMPTS, status(200))),
    case("ver-result-type", bend(TOOLS, result(resultType=GONE))),
    case(
        "ver-error-codes",
        bend(PROMPTS, status(400), rpc(error={"code": -32042, "message": "x"})),
    ),
    case("sh-cache-hints", bend(TOOLS, result(cacheScope="shared"))),
    case(
        "sh-list-stable",
        lambda trace: bend(TOOLS, result(tools=list(reversed(_tools(trace)))))(trace),
    ),
    case("sh-mrtr", bend(TOOLS, result(resultType="input_required"))),
    case("sh-session-none", bend(TOOLS, header("mcp-session-id", "x"))),
    case(
        "sh-x-mcp-header",
        bend(
            at(Step.REFRESH, Purpose.LIST_TOOLS),
            result(
                tools=[
                    {
                        "name": "t",
                        "inputSchema": {
                            "type": "object",
                            "properties": {"a": {"type": "array", "x-mcp-header": "A"}},
                        },
                    }
                ]
            ),
        ),
    ),
    case(
        "ext-declared", bend(DISCOVER, result(capabilities={"tools": {}, "extensions": {"ui": {}}}))
    ),
    case("sh-endpoint-methods", bend(DISCOVER, status(405))),
    case("sh-response-type", bend(TOOLS, header("content-type", "text/html"))),
    case("sh-accept-tolerant", bend(PAGE_CALL, status(406))),
    case(
        "sh-get",
        bend(at(Step.SESSION, Purpose.STREAM), status(404)),
        era="handshake",
    ),
    case("sh-origin-absent", bend(PROMPTS, status(403), body("Invalid Origin"))),
    case("sh-host-check", bend(PAGE_CALL, status(421))),
    case("sh-jsonrpc", bend(at(Step.REFRESH, Purpose.LIST_TOOLS), rpc(id=99))),
    case(
        "sh-jsonrpc",
        bend(PROMPTS, rpc(error={"code": "x", "message": "y"})),
        "ver-unknown-method-404",
    ),
    case(
        "sh-session-missing-400",
        bend(at(Step.SESSION, Purpose.WITHOUT_SESSION), status(404)),
        era="handshake",
    ),
    case(
        "sh-session-delete",
        bend(at(Step.SESSION, Purpose.END_SESSION), status(500), challenge(None)),
        era="handshake",
    ),
    case(
        "sh-session-multi-instance",
        bend(TOOLS, status(404), body("no such session")),
        era="handshake",
    ),
    case(
        "sh-tools-shape",
        bend(
            at(Step.REFRESH, Purpose.LIST_TOOLS),
            result(tools=[{"name": "t", "inputSchema": {"type": "string"}}]),
        ),
    ),
    case("sh-limits", bend(TOOLS, slow)),
    case(
        "sh-sse-format",
        bend(at(Step.SESSION, Purpose.LIST_PROMPTS), body("data: {}\n\ndata: {}\n\n")),
        "sh-sse-response",
        "sh-jsonrpc",
        era="handshake",
    ),
    case("sh-sse-response", bend(PROMPTS, body("")), era="handshake"),
    case(
        "sh-sse-get-no-response",
        bend(
            at(Step.SESSION, Purpose.STREAM),
            body('data: {"jsonrpc": "2.0", "id": 9, "result": {}}\n\n'),
        ),
        era="handshake",
    ),
    case(
        "sh-event-ids",
        bend(at(Step.SESSION, Purpose.STREAM), body("id: 1\ndata:\n\nid: 1\ndata:\n\n")),
        era="handshake",
    ),
    case(
        "sh-sse-related",
        bend(
            PROMPTS,
            header("content-type", "text/event-stream"),
            header("x-accel-buffering", "no"),
            status(200),
            body(
                'data: {"jsonrpc": "2.0", "id": 1, "method": "ping"}\n\n'
                'data: {"jsonrpc": "2.0", "id": 3, "result": '
                '{"resultType": "complete", "ttlMs": 0, "cacheScope": "private", "_meta": '
                '{"io.modelcontextprotocol/serverInfo": {"name": "x", "version": "1"}}}}\n\n'
            ),
        ),
    ),
    case(
        "sh-log-opt-in",
        bend(
            PROMPTS,
            header("content-type", "text/event-stream"),
            header("x-accel-buffering", "no"),
            status(200),
            body(
                'data: {"jsonrpc": "2.0", "method": "notifications/message"}\n\n'
                'data: {"jsonrpc": "2.0", "id": 3, "result": '
                '{"resultType": "complete", "ttlMs": 0, "cacheScope": "private", "_meta": '
                '{"io.modelcontextprotocol/serverInfo": {"name": "x", "version": "1"}}}}\n\n'
            ),
        ),
    ),
    case(
        "sh-sse-buffer-header",
        bend(TOOLS, header("content-type", "text/event-stream"), body("")),
        "sh-sse-response",
    ),
]

STEP_UP = [
    case(
        "step-403",
        bend(PROMPTS, tool_call, status(401), body(""), challenge(f"{LACKS_SCOPE}, {WHERE}")),
        "rs-status-map",
        "rs-invalid-challenge",
        "rs-stateless-backend",
    ),
    case(
        "step-403",
        bend(TOOLS, tool_call, result(content=[{"type": "text", "text": "insufficient scope"}])),
    ),
    case("step-challenge", bend(PROMPTS, tool_call, status(403), body(""), challenge(LACKS_SCOPE))),
    case(
        "step-complete-scope",
        bend(
            PROMPTS,
            tool_call,
            lambda one: replace(one, step=Step.STEP_UP),
            status(403),
            body(""),
            challenge(f"{LACKS_SCOPE}, {WHERE}"),
        ),
    ),
    case(
        "probe-authless-consistency",
        both(
            noted(Step.CHALLENGE, authless=True),
            bend(
                PROMPTS,
                tool_call,
                status(401),
                body(""),
                challenge(f'Bearer error="invalid_token", {WHERE}'),
            ),
        ),
        "rs-stateless-backend",
    ),
]

CORS = [
    case(
        "cors-mcp-preflight",
        bend(PREFLIGHT, header("access-control-allow-headers", "authorization")),
    ),
    case(
        "cors-authorization-explicit", bend(PREFLIGHT, header("access-control-allow-headers", "*"))
    ),
    case(
        "cors-preflight-unauthenticated",
        bend(PREFLIGHT, header("access-control-allow-origin", None), status(401)),
    ),
    case("cors-expose", bend(PAGE_CALL, header("access-control-expose-headers", None))),
    case("cors-acao-on-errors", bend(PAGE_CALL, header("access-control-allow-origin", None))),
    case(
        "cors-no-wildcard-credentials",
        bend(PAGE_CALL, header("access-control-allow-credentials", "true")),
    ),
    case(
        "cors-vary", bend(PAGE_CALL, header("access-control-allow-origin", "http://localhost:6274"))
    ),
]

EXTENSIONS = [
    case(
        "ext-ema-metadata",
        bend(
            ASM,
            member(
                authorization_grant_profiles_supported=[
                    "urn:ietf:params:oauth:grant-profile:id-jag"
                ]
            ),
        ),
    ),
    case("ext-dpop-as", bend(ASM, member(dpop_signing_alg_values_supported=["ES256", "HS256"]))),
]

CASES = [*CALLS, *STEP_UP, *CORS, *EXTENSIONS]
