"""The client's side of a recording against a live server: a generator, as every client here is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urljoin

from harness.client.events import Ask, Flow, Send, sent
from harness.client.redirects import next_request
from harness.diagnosis.decisions import decisions
from harness.model.challenge import bearer
from harness.model.trace import Exchange, Note, NoteKind, Purpose, Request, Step, Trace
from harness.model.wellknown import origin, query
from harness.profiles.profile import Profile
from harness.recording.compare import compare
from harness.recording.differences import answer_differences
from harness.recording.members import Sides
from harness.recording.weight import Weight
from harness.reproduce.bindings import Bindings, UnboundError
from harness.reproduce.matching import given_out, rpc_id
from harness.reproduce.values import placeholders

_DISCOVERY = (Step.RESOURCE_METADATA, Step.SERVER_METADATA)
_PAGES = (Step.LOGIN, Step.CALLBACK)
_OWN = tuple(Purpose)[: tuple(Purpose).index(Purpose.PREFLIGHT)]
"""What Claude asks; the purposes after those only serve the diagnosis."""
_MOST_REDIRECTS = 5
_TOLD = (Weight.ANSWER, Weight.MEMBER, Weight.HEADER)
"""The differences of answers that a client can act on."""


def furthest(trace: Trace) -> Step | None:
    """The last step that a recorded client which stopped can be repeated through, else None.

    A client that went on without a document goes another way once there is one.
    """
    if trace.stop is None:
        return None
    return next((step for step in _DISCOVERY if _never_well(trace, step)), trace.stop.step)


def _never_well(trace: Trace, step: Step) -> bool:
    tries = list(trace.at(step, exploration=False))
    return bool(tries) and not any(_went_well(one) and not _refused(trace, one) for one in tries)


def _refused(trace: Trace, exchange: Exchange) -> bool:
    """True for a document that the recorded client did not use."""
    notes = trace.noted(NoteKind.DECISION, exchange.step)
    return any(one.data.get("refused") == exchange.n for one in notes)


def _same_answer(one: Exchange, other: Exchange) -> bool:
    if one.response is None or other.response is None:
        return one.response is other.response
    return all(each.volatile for each in answer_differences(one.response, other.response, Sides()))


class Repeat:
    """Sends what a recorded client sent, in its order, with values of the live run.

    `so_far` tells the live trace at any moment. Tries that only followed a failure are left out
    where the live server did not fail.
    """

    def __init__(
        self, recorded: Trace, target: str, profile: Profile, so_far: Callable[[], Trace]
    ) -> None:
        self._recorded = recorded
        self._bindings = Bindings(recorded.target, target)
        self._profile = profile
        self._so_far = so_far
        self._given = given_out(recorded)
        self._live: dict[int, Exchange] = {}
        self._position = 0
        self._before: Exchange | None = None
        self._stopped = False
        self._judged = False
        self._ended = False
        self._unnamed: set[str] = set()
        """Addresses that a challenge named in the recording, and that none names now."""
        self.diverged: Step | None = None
        """Where a live answer first failed that had not failed before."""
        self.stuck: Note | None = None
        """Why the recorded client could not go on."""

    def flow(self) -> Flow[None]:
        """The whole run; ends early, after a note, where the recorded client could not go on."""
        for exchange in self._recorded.exchanges:
            yield from self._stop_again(exchange.n)
            if self._ended:
                return
            if exchange.request.url in self._unnamed:
                continue
            if exchange.step in _PAGES or self._superseded(exchange):
                continue
            if exchange.step is Step.AUTHORIZE and self._is_own(exchange):
                if not (yield from self._sign_in(exchange)):
                    return
                continue
            try:
                request = self._bindings.request(exchange.request)
            except UnboundError as error:
                if not self._is_own(exchange):
                    continue
                yield from self._stop(exchange.step, str(error))
                return
            yield from self._send(exchange, request)
        yield from self._stop_again(len(self._recorded.exchanges) + 1)

    def _stop_again(self, n: int) -> Flow[None]:
        """Stop where the recorded client did, if it was told the same as then."""
        stop = self._recorded.stop
        if stop is None or self._judged or n <= stop.after:
            return
        self._judged = True
        if stop.step in (Step.AUTHORIZE, *_PAGES):
            # What a browser brought back is told apart by values that are others at each run.
            self._ended = True
            return
        before = tuple(one for one in self._recorded.exchanges if one.n <= stop.after)
        steps = {stop.step, *(one.step for one in before[-1:])}
        changes = compare(replace(self._recorded, exchanges=before), self._so_far()).changes
        if not any(one.step in steps and one.weight in _TOLD for one in changes):
            self._stopped = True
            yield _note(stop.step, stop.text)
        else:
            # What it asked from here on it asked without what the server tells it now.
            self._ended = True

    def _is_own(self, exchange: Exchange) -> bool:
        """True for what Claude asks, also where the recorded run had stopped before."""
        if not exchange.exploration or self._stopped:
            return not exchange.exploration
        backwards = exchange.step.position < self._position
        return exchange.purpose in _OWN and self._recorded.stop is not None and not backwards

    def _send(self, recorded: Exchange, request: Request) -> Flow[None]:
        own = self._is_own(recorded)
        send = Send(
            step=recorded.step,
            purpose=recorded.purpose,
            voice=recorded.voice,
            method=request.method,
            url=request.url,
            headers=request.headers,
            body=request.body,
            timeout=self._timeout(recorded.step),
            awaited_id=rpc_id(request.json),
            head_only=recorded.purpose is Purpose.STREAM,
            exploration=not own,
        )
        live = yield from sent(send)
        yield from decisions(live, self._so_far())
        if recorded.response is None or not recorded.response.is_redirect:
            for _ in range(_MOST_REDIRECTS):
                following = next_request(send, live, host_header=_authority)
                if following is None:
                    break
                send = following
                live = yield from sent(send)
                yield from decisions(live, self._so_far())
        self._live[recorded.n] = live
        self._before = recorded
        if own:
            self._position = max(self._position, recorded.step.position)
            again = _refused(self._recorded, recorded) and _same_answer(recorded, live)
            if recorded.step in _DISCOVERY and _went_well(live) and not again:
                self._ended = _never_well(self._recorded, recorded.step)
            if self.diverged is None and _as_hoped(recorded) and not _as_hoped(live):
                self.diverged = recorded.step
        self._bindings.learn(recorded, live)
        if own and recorded.step is Step.CHALLENGE:
            yield from self._challenged(recorded, live)

    def _challenged(self, recorded: Exchange, live: Exchange) -> Flow[None]:
        """What another challenge than the recorded one means for the rest."""
        was, now = _pointer(recorded), _pointer(live)
        if was is not None and now is None and live.response is not None:
            self._unnamed.add(was)
            self.diverged = self.diverged or Step.CHALLENGE
        if live.status == 401 and _went_well(recorded):
            signs_in = next(self._recorded.at(Step.AUTHORIZE), None)
            if signs_in is None:
                text = "the server asks for a token now, and the recorded client never signed in"
                yield Note(step=Step.CHALLENGE, kind=NoteKind.ABORTED, text=text)
                self._ended = True

    def _sign_in(self, recorded: Exchange) -> Flow[bool]:
        """Sign in as a browser does; False after a note when that does not lead back."""
        redirect_uri = query(recorded.request.url).get("redirect_uri", "")
        try:
            url = self._bindings.begin_sign_in(recorded.request.url)
        except UnboundError as error:
            yield from self._stop(Step.AUTHORIZE, str(error))
            return False
        before = len(self._so_far().exchanges)
        callback = yield Ask(url=url, redirect_uri=redirect_uri)
        for exchange in self._so_far().exchanges[before:]:
            yield from decisions(exchange, self._so_far())
        self._position = Step.CALLBACK.position
        if callback is None or callback.step is not Step.CALLBACK:
            if callback is not None:
                self.stuck = _note(callback.step, "the sign-in did not reach the callback")
            return False
        back = self._callback_of(recorded)
        if back is not None:
            self._bindings.learn_callback(back.request, callback.request)
        return True

    def _callback_of(self, recorded: Exchange) -> Exchange | None:
        later = (one for one in self._recorded.at(Step.CALLBACK) if one.n > recorded.n)
        return next(later, None)

    def _superseded(self, exchange: Exchange) -> bool:
        """True for a try that follows a failure, or a redirect, which there was none of now."""
        before = self._before
        if before is not None and _leads_to(before, exchange) and before.n == exchange.n - 1:
            live = self._live[before.n]
            return live.response is None or not live.response.is_redirect
        return any(
            not _went_well(one) and one.n in self._live and _went_well(self._live[one.n])
            for one in self._earlier_tries(exchange)
        )

    def _earlier_tries(self, exchange: Exchange) -> Iterator[Exchange]:
        for one in self._recorded.at(exchange.step):
            if one.n >= exchange.n:
                return
            if one.voice is exchange.voice and one.exploration is exchange.exploration:
                same = one.purpose is exchange.purpose and one.request.url == exchange.request.url
                if same or exchange.step in _DISCOVERY:
                    yield one

    def _stop(self, step: Step, placeholder: str) -> Flow[None]:
        kind = placeholder[1:].partition(":")[0].replace("_", " ")
        if placeholder in self._given:
            gave = (one.step for one in self._recorded.exchanges if _gave(one, placeholder))
            text = f"the server gave no {kind}, which the recorded one did"
            self.stuck = _note(next(gave, step), text)
            return
        text = f"the recording keeps no {kind}, which the client brought along"
        yield Note(step=step, kind=NoteKind.ABORTED, text=text)

    def _timeout(self, step: Step) -> float:
        own = self._profile
        if step in _DISCOVERY:
            return own.discovery_timeout
        if step in (Step.REGISTRATION, Step.TOKEN):
            return own.token_timeout
        return own.refresh_timeout if step is Step.REFRESH else own.connect_timeout


def _note(step: Step, text: str) -> Note:
    return Note(step=step, kind=NoteKind.STOP, text=text)


def _went_well(exchange: Exchange) -> bool:
    found = exchange.step not in _DISCOVERY or exchange.json_object is not None
    return found and exchange.failure is None and exchange.status in (200, 201, 202, 204)


def _gave(exchange: Exchange, placeholder: str) -> bool:
    response = exchange.response
    if response is None:
        return False
    return placeholder in placeholders(
        " ".join([response.text, *(one for _, one in response.headers)])
    )


def _pointer(exchange: Exchange) -> str | None:
    lines = exchange.response.header_lines("www-authenticate") if exchange.response else []
    challenge = bearer(lines)
    return challenge.params.get("resource_metadata") if challenge else None


def _as_hoped(exchange: Exchange) -> bool:
    refused = exchange.step is Step.CHALLENGE and exchange.status == 401
    return _went_well(exchange) or (refused and exchange.failure is None)


def _leads_to(one: Exchange, other: Exchange) -> bool:
    response = one.response
    if response is None or not response.is_redirect:
        return False
    return urljoin(one.request.url, response.header("location") or "") == other.request.url


def _authority(url: str) -> str:
    return origin(url).partition("://")[2]
