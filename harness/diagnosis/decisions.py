"""What a client must have decided, read from what it sent and received."""

from collections.abc import Iterator

from harness.model.jsonrpc import answer_to
from harness.model.trace import Exchange, Json, Note, NoteKind, Purpose, Step, Trace
from harness.model.wellknown import is_http_url, origin, query


def decisions(exchange: Exchange, trace: Trace) -> Iterator[Note]:
    """The decisions that one exchange shows; `trace` holds it and all before it."""
    match exchange.step, exchange.purpose:
        case Step.RESOURCE_METADATA, _:
            yield from _resource(exchange, trace)
        case Step.SERVER_METADATA, _:
            yield from _passed_over(exchange, trace)
            yield from _server(exchange, trace)
        case Step.REGISTRATION, Purpose.REGISTER:
            yield from _guessed(trace)
            yield from _registered(exchange)
        case Step.AUTHORIZE, Purpose.AUTHORIZE:
            yield from _guessed(trace)
            yield from _asked(exchange, trace)
        case Step.CHALLENGE | Step.CONNECT, Purpose.DISCOVER | Purpose.INITIALIZE:
            yield from _opened(exchange, trace)


def _resource(exchange: Exchange, trace: Trace) -> Iterator[Note]:
    document = exchange.json_object
    if exchange.status != 200 or document is None or "authorization_servers" not in document:
        return
    if trace.decision(Step.RESOURCE_METADATA, "used") is None:
        text = f"metadata taken from the {exchange.purpose}"
        yield _note(Step.RESOURCE_METADATA, text, used=exchange.n)


def _passed_over(exchange: Exchange, trace: Trace) -> Iterator[Note]:
    """Resource metadata that the client read and did not follow: it asks the MCP server itself."""
    read = next((one for one in trace.at(Step.RESOURCE_METADATA) if _describes(one)), None)
    first = all(one.n >= exchange.n for one in trace.at(Step.SERVER_METADATA))
    if read is None or not first or not is_http_url(trace.target):
        return
    servers = (read.json_object or {}).get("authorization_servers")
    named = (
        {origin(one) for one in servers if isinstance(one, str) and is_http_url(one)}
        if (isinstance(servers, list))
        else set()
    )
    here = origin(exchange.request.url)
    if here == origin(trace.target) and here not in named:
        text = "the resource metadata is not followed"
        yield _note(Step.RESOURCE_METADATA, text, refused=read.n, used=None)


def _describes(exchange: Exchange) -> bool:
    return exchange.status == 200 and "resource" in (exchange.json_object or {})


def _server(exchange: Exchange, trace: Trace) -> Iterator[Note]:
    document = exchange.json_object
    if exchange.status != 200 or document is None or "token_endpoint" not in document:
        return
    if trace.decision(Step.SERVER_METADATA, "used") is None:
        yield _note(
            Step.SERVER_METADATA,
            f"metadata taken from {exchange.request.url}",
            used=exchange.n,
            issuer=named_issuer(trace) or document.get("issuer"),
            endpoints="published",
        )


def _guessed(trace: Trace) -> Iterator[Note]:
    if trace.decision(Step.SERVER_METADATA, "endpoints") is None:
        issuer = named_issuer(trace) or origin(trace.target)
        text = f"no metadata found for {issuer}; the endpoints are guessed"
        yield _note(Step.SERVER_METADATA, text, used=None, issuer=issuer, endpoints="guessed")


def named_issuer(trace: Trace) -> str | None:
    """The authorization server that the resource metadata names first."""
    used = trace.decision(Step.RESOURCE_METADATA, "used")
    found = next((one for one in trace.exchanges if one.n == used), None)
    servers = (found.json_object or {}).get("authorization_servers") if found else None
    first = servers[0] if isinstance(servers, list) and servers else None
    return first if isinstance(first, str) else None


def _registered(exchange: Exchange) -> Iterator[Note]:
    method = (exchange.json_object or {}).get("token_endpoint_auth_method")
    text = f"registers at {exchange.request.url}"
    if exchange.status in (200, 201):
        yield _note(Step.REGISTRATION, text, way="dcr", method=method)
    else:
        yield _note(Step.REGISTRATION, text, way="dcr")


def _asked(exchange: Exchange, trace: Trace) -> Iterator[Note]:
    given = query(exchange.request.url)
    client = given.get("client_id", "")
    if trace.decision(Step.REGISTRATION, "way") is None:
        if is_http_url(client):
            text = "the client id is a metadata document"
            yield _note(Step.REGISTRATION, text, way="cimd", id=client)
        else:
            yield _note(Step.REGISTRATION, "the given client is used", way="given")
    scope, resource = given.get("scope"), given.get("resource")
    text = f"scope {scope or 'none'}; resource {resource or 'none'}"
    yield _note(Step.AUTHORIZE, text, scope=scope, resource=resource)


def _opened(exchange: Exchange, trace: Trace) -> Iterator[Note]:
    found = answer_to(exchange)
    if exchange.status != 200 or found is None or found.result is None:
        return
    if exchange.step is Step.CHALLENGE and trace.decision(Step.CHALLENGE, "authless") is None:
        text = "the server answers without a token; no sign-in"
        yield _note(Step.CHALLENGE, text, authless=True)
    era = "modern" if exchange.purpose is Purpose.DISCOVER else "handshake"
    if trace.decision(Step.CONNECT, "era") != era:
        yield _note(Step.CONNECT, f"the server speaks the {era} era", era=era)


def _note(step: Step, text: str, **data: Json) -> Note:
    return Note(step=step, kind=NoteKind.DECISION, text=text, data=data)
