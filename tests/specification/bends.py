"""Ways to bend one exchange of a healthy trace."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from harness.model.trace import (
    Exchange,
    Failure,
    FailureKind,
    Note,
    NoteKind,
    Purpose,
    Response,
    Step,
    Trace,
)

type Pick = Callable[[Exchange], bool]
type Change = Callable[[Exchange], Exchange]
type Bend = Callable[[Trace], Trace]

GONE: Any = object()
"""The value of a member that is taken away."""


def at(step: Step, *purposes: Purpose, method: str | None = None) -> Pick:
    return lambda one: (
        one.step is step
        and (not purposes or one.purpose in purposes)
        and method in (None, one.request.method)
    )


def bend(pick: Pick, *changes: Change) -> Bend:
    """Changes every exchange that is picked; there must be one."""

    def bent(trace: Trace) -> Trace:
        assert any(pick(one) for one in trace.exchanges), "nothing to bend"
        return replace(
            trace,
            exchanges=tuple(
                _changed(one, changes) if pick(one) else one for one in trace.exchanges
            ),
        )

    return bent


def _changed(exchange: Exchange, changes: tuple[Change, ...]) -> Exchange:
    for change in changes:
        exchange = change(exchange)
    return exchange


def both(*bends: Bend) -> Bend:
    def bent(trace: Trace) -> Trace:
        for one in bends:
            trace = one(trace)
        return trace

    return bent


def target(url: str) -> Bend:
    return lambda trace: replace(trace, target=url)


def noted(step: Step, **data: Any) -> Bend:
    """The client decided something else at a step."""
    note = Note(step=step, kind=NoteKind.DECISION, text="otherwise", data=data)
    return lambda trace: replace(trace, notes=(*trace.notes, note))


def status(code: int) -> Change:
    return lambda one: replace(one, response=replace(_response(one), status=code))


def header(name: str, value: str | None) -> Change:
    """Sets a response header, or takes it away."""

    def change(one: Exchange) -> Exchange:
        response = _response(one)
        kept = tuple(pair for pair in response.headers if pair[0].lower() != name)
        added = () if value is None else ((name, value),)
        return replace(one, response=replace(response, headers=(*kept, *added)))

    return change


def body(content: str | bytes, kind: str | None = None) -> Change:
    data = content.encode() if isinstance(content, str) else content

    def change(one: Exchange) -> Exchange:
        changed = replace(one, response=replace(_response(one), body=data))
        return changed if kind is None else header("content-type", kind)(changed)

    return change


def member(**values: Any) -> Change:
    """Sets members of the JSON object in the response."""

    def change(one: Exchange) -> Exchange:
        document = {**(_response(one).json_object or {}), **values}
        return body(json.dumps(_without_gone(document)))(one)

    return change


def result(**values: Any) -> Change:
    """Sets members of the JSON-RPC result in a plain JSON response or in its event stream."""

    def change(one: Exchange) -> Exchange:
        text = _response(one).text
        before, start, rest = text.partition('{"jsonrpc"')
        message = json.loads((start + rest).strip())
        message["result"] = _without_gone({**message["result"], **values})
        after = "\r\n\r\n" if before else ""
        return body(f"{before}{json.dumps(message)}{after}")(one)

    return change


def rpc(**values: Any) -> Change:
    """Sets members of the JSON-RPC message itself, in a plain JSON response."""
    return member(**values)


def no_answer(kind: FailureKind = FailureKind.TIMEOUT) -> Change:
    return lambda one: replace(one, response=None, failure=Failure(kind, str(kind)))


def parameter(**values: Any) -> Change:
    """Sets parameters in the query of the request."""

    def change(one: Exchange) -> Exchange:
        base, _, rest = one.request.url.partition("?")
        merged = _without_gone({**dict(parse_qsl(rest)), **values})
        url = f"{base}?{urlencode(merged, doseq=True)}" if merged else base
        return replace(one, request=replace(one.request, url=url))

    return change


def method(name: str) -> Change:
    return lambda one: replace(one, request=replace(one.request, method=name))


def url(address: str) -> Change:
    return lambda one: replace(one, request=replace(one.request, url=address))


def claims(**values: Any) -> Change:
    """Sets claims of the access token that the response issued."""

    def change(one: Exchange) -> Exchange:
        assert one.token is not None
        merged = _without_gone({**one.token.claims, **values})
        return replace(one, token=replace(one.token, claims=merged))

    return change


def challenge(text: str | None) -> Change:
    return header("www-authenticate", text)


def _response(one: Exchange) -> Response:
    return one.response or Response(status=0)


def _without_gone(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not GONE}
