"""What happened at one step, in at most some forty characters."""

from urllib.parse import urlsplit

from harness.diagnosis.reading import authless, opening, used
from harness.model.challenge import bearer
from harness.model.jsonrpc import answer_to
from harness.model.trace import Connection, Exchange, NoteKind, Purpose, Step, Trace, Voice
from harness.model.wellknown import UrlError, host


def account(trace: Trace, step: Step) -> str:
    """The short account of a step; empty when it was not reached."""
    skipped = next(trace.noted(NoteKind.SKIP, step), None)
    if skipped is not None and next(trace.at(step), None) is None:
        return skipped.text
    return {
        Step.REACH: _reach,
        Step.CHALLENGE: _challenge,
        Step.RESOURCE_METADATA: _metadata,
        Step.SERVER_METADATA: _metadata,
        Step.REGISTRATION: _registration,
        Step.AUTHORIZE: _authorize,
        Step.LOGIN: _login,
        Step.CALLBACK: _callback,
        Step.TOKEN: _token,
        Step.CONNECT: _connect,
        Step.SESSION: _session,
        Step.REFRESH: _refresh,
        Step.STEP_UP: _last,
    }[step](trace, step)


def _reach(trace: Trace, _step: Step) -> str:
    if not trace.exchanges:
        return ""
    first = trace.exchanges[0]
    if first.failure and first.failure.kind.before_request:
        return str(first.failure.kind)
    if first.connection is None:
        return "requests arrive" if "watched" in trace.choices else "recorded without connection"
    return _connection(first.connection)


def _connection(connection: Connection) -> str:
    local = connection.mapped_to
    where = f"mapped to {_place(local)}" if local else connection.peer or connection.host
    if connection.tls_version is None:
        return f"{where}, no TLS"
    trusted = ", trusted" if not connection.verify_errors else ""
    return f"{where} {connection.tls_version.replace('TLSv', 'TLS ')}{trusted}"


def _place(origin: str) -> str:
    return origin.partition("://")[2]


def _challenge(trace: Trace, _step: Step) -> str:
    broker = opening(trace, Voice.BROKER)
    if broker is None or (broker.failure and broker.failure.kind.before_request):
        return ""
    if authless(trace):
        return "200, open to all"
    if broker.response is None:
        return _outcome(broker)
    challenge = bearer(broker.response.header_lines("www-authenticate"))
    if broker.status != 401:
        return _outcome(broker)
    if challenge is None:
        return "401 without a Bearer challenge"
    named = "resource_metadata" in challenge.params
    return "401, names the metadata" if named else "401, does not name the metadata"


def _metadata(trace: Trace, step: Step) -> str:
    exchange = used(trace, step)
    if exchange is not None:
        return f"200 {urlsplit(exchange.request.url).path}"
    answers = list(trace.at(step, exploration=False))
    if not answers:
        return ""
    if trace.decision(step, "refused") is not None:
        return "200, but Claude does not use it"
    statuses = dict.fromkeys(_outcome(one) for one in answers)
    return "none found: " + ", ".join(statuses)


def _registration(trace: Trace, step: Step) -> str:
    way = trace.decision(step, "way")
    if way == "cimd":
        return "client id metadata document (CIMD)"
    if way == "given":
        return f"given client, {trace.decision(step, 'method')}"
    last = _latest(trace, step)
    if last is None:
        return "no way offered" if trace.stop and trace.stop.step is step else ""
    method = trace.decision(step, "method")
    return f"DCR {_outcome(last)}" + (f", {method}" if method else "")


def _authorize(trace: Trace, step: Step) -> str:
    last = _latest(trace, step)
    if last is None:
        return ""
    scope = trace.decision(step, "scope")
    return f"{_outcome(last)}, scope {scope or 'none'}"


def _login(trace: Trace, step: Step) -> str:
    pages = len(list(trace.at(step, exploration=False)))
    human = next(trace.noted(NoteKind.NEEDS_HUMAN), None)
    if human is not None:
        return "needs a human"
    last = _latest(trace, step)
    if last is None:
        return "no page shown" if trace.last(Step.CALLBACK) else ""
    return f"{pages} request{'s' if pages != 1 else ''}, {_outcome(last)}"


def _callback(trace: Trace, step: Step) -> str:
    last = _latest(trace, step)
    if last is None:
        return ""
    query = urlsplit(last.request.url).query
    names = [part.partition("=")[0] for part in query.split("&") if part]
    return f"{last.request.method} with {', '.join(names) or 'no parameters'}"


def _token(trace: Trace, step: Step) -> str:
    last = _latest(trace, step, Purpose.TOKEN)
    if last is None:
        return ""
    if last.token is not None:
        renewable = (last.response.json_object or {}).get("refresh_token") if last.response else 0
        tail = " and a refresh token" if renewable else ", no refresh token"
        return f"{last.token.kind} access token{tail}"
    document = last.json_object or {}
    error = document.get("error")
    return _outcome(last) + (f" {error}" if isinstance(error, str) else "")


def _connect(trace: Trace, step: Step) -> str:
    last = _latest(trace, step)
    if last is None:
        return ""
    found = answer_to(last)
    result = found.result if found else None
    if last.status == 200 and result is not None:
        era = trace.decision(step, "era")
        asked = "server/discover" if era == "modern" else "initialize"
        version = result.get("protocolVersion") or _newest(result.get("supportedVersions"))
        return f"{asked}, protocol {version}"
    return _outcome(last)


def _newest(versions: object) -> object:
    return versions[-1] if isinstance(versions, list) and versions else "unknown"


def _session(trace: Trace, step: Step) -> str:
    last = _latest(trace, step, Purpose.LIST_TOOLS)
    if last is None:
        return ""
    found = answer_to(last)
    tools = found.result.get("tools") if found and found.result else None
    if isinstance(tools, list):
        return f"{len(tools)} tool{'s' if len(tools) != 1 else ''}"
    return f"tools/list {_outcome(last)}"


def _refresh(trace: Trace, step: Step) -> str:
    last = _latest(trace, step)
    if last is None:
        return ""
    if last.purpose is Purpose.LIST_TOOLS and last.status == 200:
        return "the new token works"
    return _outcome(last)


def _last(trace: Trace, step: Step) -> str:
    last = _latest(trace, step)
    return _outcome(last) if last else ""


def _latest(trace: Trace, step: Step, *purposes: Purpose) -> Exchange | None:
    """The last exchange of a step that Claude itself would have sent."""
    found = list(trace.at(step, *purposes, exploration=False))
    return found[-1] if found else None


def _outcome(exchange: Exchange) -> str:
    """The status, or the kind of failure."""
    if exchange.response is None or (exchange.failure and not exchange.response.status):
        return str(exchange.failure.kind) if exchange.failure else "no answer"
    location = exchange.response.header("location") if exchange.response.is_redirect else None
    if location is not None:
        try:
            return f"{exchange.response.status} to {host(location)}"
        except UrlError:
            return f"{exchange.response.status}"
    return str(exchange.response.status)
