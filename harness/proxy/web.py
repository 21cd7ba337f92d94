"""mitmweb's page onto the running proxy, on a loopback port of its own and behind a token.

Importing this module imports mitmproxy's web interface, which takes 0.2 to 1 s.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from mitmproxy import ctx, flow, log, optmanager
from mitmproxy.addons.eventstore import EventStore
from mitmproxy.addons.intercept import Intercept
from mitmproxy.master import Master
from mitmproxy.tools.web import app
from mitmproxy.tools.web.webaddons import WebAddon, WebAuth
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.netutil import bind_sockets
from tornado.web import ErrorHandler

from harness.model.verdict import Impact
from harness.proxy.quiet import quiet_logging
from harness.proxy.shown import Shown
from harness.proxy.tap import Tap

SETTABLE = frozenset(
    {
        *("intercept", "intercept_active", "web_columns", "content_view_lines_cutoff"),
        *("view_filter", "view_order", "view_order_reversed"),
    }
)
"""The options that the page may set; others write files, listen elsewhere or weaken TLS."""

_COLUMNS = ("icon", "method", "path", "status", "size", "time", "comment")

_HOSTS = ("127.0.0.1", "localhost")

_CHANGES = re.compile(
    r"/|/clear|/options(\.json)?|/flows/(resume|kill)"
    r"|/flows/[0-9a-f-]+(/(resume|kill|duplicate|revert|(request|response)/content\.data))?"
)
"""What may be changed from the page. Commands read and write files, a flow file brought in would
be heard as traffic, and a replay would be sent as if Claude had sent it."""

_SHUT = ("/processes", "/executable-icon")

_LARGEST = 16 << 20
"""Bytes of a request to the page: a body that is edited."""

_CLOSE_WAIT = 2.0

_MARKS = {Impact.BREAKS: ":red_circle:", Impact.DEGRADES: ":orange_circle:"}

_SAID = "harness-comment"


class Page:
    """The page while it is there."""

    def __init__(self, url: str, shown: Shown) -> None:
        self.url = url
        """Where it is, with its token; whoever knows it sees everything."""
        self._shown = shown

    def annotate(self, captured_id: str, text: str, worst: Impact | None) -> None:
        """Say something beside an exchange, and mark it by how bad it is.

        An exchange that is not shown any more is passed over; what somebody wrote in the page
        stays.
        """
        found = self._shown.get_by_id(captured_id)
        if found is None or found.comment not in ("", found.metadata.get(_SAID)):
            return
        found.comment = found.metadata[_SAID] = text
        found.marked = _MARKS.get(worst, "") if worst else ""
        self._shown.update([found])


@asynccontextmanager
async def page(master: Master, tap: Tap) -> AsyncIterator[Page]:
    """Attach the page to a running proxy until the block ends."""
    shown, events, auth = Shown(tap), EventStore(200), WebAuth()  # type: ignore[no-untyped-call]
    addons = (_Hold(), WebAddon(), auth, shown, events)
    sockets = bind_sockets(0, "127.0.0.1")
    with contextlib.ExitStack() as stack:
        stack.enter_context(quiet_logging("tornado"))
        master.addons.add(*addons)  # type: ignore[no-untyped-call]
        for addon in addons:
            stack.callback(master.addons.remove, addon)
        stack.callback(shown.let_go)
        _lead_log(events, stack)
        master.options.update(  # type: ignore[no-untyped-call]
            web_open_browser=False,
            web_port=sockets[0].getsockname()[1],
            web_columns=_COLUMNS,
        )
        stack.enter_context(_telling(master, shown, events))
        server = HTTPServer(
            _Application(_seen_by_page(master, shown, events)),
            max_buffer_size=_LARGEST,
            max_body_size=_LARGEST,
        )
        server.add_sockets(sockets)
        try:
            yield Page(auth.web_url, shown)
        finally:
            await _close(server)


class _Hold(Intercept):
    """Pauses requests; a response has been passed on by the time that it could be held."""

    name = "intercept"

    def response(self, f: flow.Flow) -> None:
        """Nothing is left to pause."""


class _Options(app.Options):  # type: ignore[no-untyped-call]
    """The options, of which only those that concern the page can be set."""

    def put(self) -> None:
        refused = set(self.json) - SETTABLE
        if refused:
            raise app.APIError(403, f"The harness keeps these options: {', '.join(refused)}.")
        super().put()  # type: ignore[no-untyped-call]


class _Application(app.Application):
    """mitmweb's own, without what reaches beyond the flows, and only under our own name."""

    def __init__(self, master: Any) -> None:
        super().__init__(master, debug=False)

    def find_handler(self, request: HTTPServerRequest, **more: Any) -> Any:
        path = request.path
        changes = request.method not in ("GET", "HEAD")
        # A foreign name would be a page elsewhere whose name leads here (DNS rebinding).
        foreign = urlsplit(f"//{request.host}").hostname not in _HOSTS
        if foreign or path.startswith(_SHUT) or (changes and not _CHANGES.fullmatch(path)):
            return self.get_handler_delegate(request, ErrorHandler, {"status_code": 403})
        if path in ("/options", "/options.json"):
            return self.get_handler_delegate(request, _Options)
        return super().find_handler(request, **more)


def _seen_by_page(master: Master, shown: Shown, events: EventStore) -> SimpleNamespace:
    """What mitmweb takes for its master: the parts that its page reads."""
    return SimpleNamespace(
        addons=master.addons,
        commands=master.commands,
        events=events,
        options=master.options,
        proxyserver=master.addons.get("proxyserver"),  # type: ignore[no-untyped-call]
        view=shown,
    )


def _lead_log(events: EventStore, stack: contextlib.ExitStack) -> None:
    """mitmproxy's own log does not reach the root logger here: take it where it is."""
    events.logger.uninstall()
    logger = logging.getLogger("mitmproxy")
    logger.addHandler(events.logger)
    stack.callback(logger.removeHandler, events.logger)


@contextlib.contextmanager
def _telling(master: Master, shown: Shown, events: EventStore) -> Any:
    """Tell the open pages of every change."""
    signals: tuple[tuple[Any, Any], ...] = (
        (shown.sig_view_add, _added),
        (shown.sig_view_update, _updated),
        (shown.sig_view_remove, _removed),
        (shown.sig_view_refresh, app.ClientConnection.broadcast_flow_reset),
        (events.sig_add, _logged),
        (master.options.changed, _set),
    )
    for signal, receiver in signals:
        signal.connect(receiver)
    try:
        yield
    finally:
        for signal, receiver in signals:
            signal.disconnect(receiver)


def _added(flow: flow.Flow) -> None:
    if app.ClientConnection.connections:
        app.ClientConnection.broadcast_flow("flows/add", flow)


def _updated(flow: flow.Flow) -> None:
    if app.ClientConnection.connections:
        app.ClientConnection.broadcast_flow("flows/update", flow)


def _removed(flow: flow.Flow, index: int) -> None:
    _broadcast("flows/remove", flow.id)


def _logged(entry: log.LogEntry) -> None:
    _broadcast("events/add", app.logentry_to_json(entry))


def _set(updated: set[str]) -> None:
    _broadcast("options/update", optmanager.dump_dicts(ctx.options, updated))


def _broadcast(kind: str, payload: object) -> None:
    app.ClientConnection.broadcast(type=kind, payload=payload)  # type: ignore[no-untyped-call]


async def _close(server: HTTPServer) -> None:
    """Stop listening, and end every connection to the page in bounded time."""
    server.stop()
    pages = list(app.ClientConnection.connections)
    senders = [one._send_task for one in pages]
    for one in pages:
        if one.ws_connection is not None:
            # An orderly goodbye would wait 5 s for the browser's answer.
            one.ws_connection._abort()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CLOSE_WAIT):
            await server.close_all_connections()
            if senders:
                await asyncio.wait(senders)
