"""The flows that mitmweb shows, within bounds and with the bodies that were passed on."""

from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

from mitmproxy import connection, flow, http
from mitmproxy.addons.view import View

from harness.proxy.tap import Tap

MOST_FLOWS = 1000

MOST_BYTES = 64 << 20
"""Bytes of all their bodies together."""


class Shown(View):
    """mitmproxy's view; the oldest ended flows leave it when there are too many."""

    name = "view"

    def __init__(self, tap: Tap) -> None:
        super().__init__()
        self._tap = tap
        self._edited: WeakSet[flow.Flow] = WeakSet()

    def add(self, flows: Sequence[flow.Flow]) -> None:
        super().add(flows)
        count, size = len(self._store), sum(map(_size, self._store.values()))
        for one in [one for one in self._store.values() if not one.live]:
            if count <= MOST_FLOWS and size <= MOST_BYTES:
                break
            self.remove([one])
            count, size = count - 1, size - _size(one)

    def update(self, flows: Sequence[flow.Flow]) -> None:
        for one in flows:
            if one.error and one.error.msg == flow.Error.KILLED_MESSAGE:
                _wake(one)
            elif one.intercepted and isinstance(one, http.HTTPFlow) and self._touched(one):
                self._tap.edited(one)
        super().update(flows)

    def _touched(self, one: flow.Flow) -> bool:
        if one.modified():  # type: ignore[no-untyped-call]
            self._edited.add(one)
        return one in self._edited

    def remove(self, flows: Sequence[flow.Flow]) -> None:
        super().remove(flows)
        for one in flows:
            if one.error:
                _wake(one)

    def response(self, f: http.HTTPFlow) -> None:
        self._tap.show_body(f)
        super().response(f)  # type: ignore[no-untyped-call]

    def error(self, f: http.HTTPFlow) -> None:
        self._tap.show_body(f)
        super().error(f)  # type: ignore[no-untyped-call]

    def client_disconnected(self, client: connection.Client) -> None:
        """Nobody waits any more for what is paused; it must not go out when it is resumed."""
        self._stop(one for one in self._store.values() if one.client_conn is client)

    def let_go(self) -> None:
        """End what is still paused, as nobody can resume it any more."""
        self._stop(self._store.values())

    def _stop(self, flows: Any) -> None:
        for one in [one for one in flows if one.intercepted]:
            one.resume()
            if one.killable:
                one.kill()


def _wake(one: flow.Flow) -> None:
    """mitmproxy does not wake a paused flow when it is killed; its client would wait for ever."""
    one.intercepted = True
    one.resume()  # type: ignore[no-untyped-call]


def _size(one: flow.Flow) -> int:
    messages = (one.request, one.response) if isinstance(one, http.HTTPFlow) else ()
    return sum(len(message.raw_content or b"") for message in messages if message)
