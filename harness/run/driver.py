"""Sends the client's requests through the proxy and comes back with what the proxy saw."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import httpx

from harness.client.events import Send
from harness.model.jsonrpc import holds_answer
from harness.model.token import issued_token, token_facts, with_signature
from harness.model.trace import (
    Exchange,
    Failure,
    FailureKind,
    Purpose,
    Request,
    Response,
    Step,
    TokenFacts,
    Voice,
)
from harness.proxy.engine import Engine, ProxyError

_TAG = "x-harness-exchange"
_MAX_BODY = 8 * 1024 * 1024
_NO_TIMEOUT = {"timeout": httpx.Timeout(None).as_dict()}


@dataclass
class Wire:
    """Sends through a running proxy; each of Claude's voices keeps connections of its own."""

    engine: Engine
    transports: dict[Voice, httpx.AsyncHTTPTransport] = field(default_factory=dict)
    issued: str | None = field(default=None, repr=False)
    """The latest access token, kept to be held against the published keys."""
    ids: dict[int, str] = field(default_factory=dict)
    """What the proxy knows each exchange by."""

    async def __call__(self, send: Send, n: int, /) -> Exchange:
        # A sign-in may lead anywhere; only what target and metadata named is dialled.
        if send.step is not Step.LOGIN:
            self.engine.route.allow(send.url)
        started = time.time()
        cut = await self._transfer(send, str(n))
        try:
            seen = await self.engine.captured(str(n), cut=cut)
        except ProxyError:
            return _never_left(send, n, started, cut)
        self.ids[n] = seen.id
        return Exchange(
            n=n,
            step=send.step,
            purpose=send.purpose,
            voice=send.voice,
            request=seen.request,
            response=seen.response,
            failure=seen.failure,
            connection=seen.connection,
            timing=seen.timing,
            started=seen.started or started,
            exploration=send.exploration,
            token=self._token(send, seen.response),
        )

    def _token(self, send: Send, response: Response | None) -> TokenFacts | None:
        if response is None:
            return None
        if send.purpose is Purpose.KEYS and self.issued is not None:
            return with_signature(self.issued, response.json_object)
        if send.purpose not in (Purpose.TOKEN, Purpose.REFRESH):
            return None
        value = issued_token(response)
        self.issued = value or self.issued
        return token_facts(value) if value else None

    async def _transfer(self, send: Send, tag: str) -> Failure | None:
        """Move the bytes; what was seen of them is the proxy's to tell."""
        request = httpx.Request(
            send.method,
            send.url,
            headers=[*send.headers, (_TAG, tag)],
            content=send.body or None,
            extensions=_NO_TIMEOUT,
        )
        try:
            async with asyncio.timeout(send.timeout):
                response = await self._transport(send.voice).handle_async_request(request)
                try:
                    await _read(response, send)
                finally:
                    await response.aclose()
        except TimeoutError:
            return Failure(
                FailureKind.TIMEOUT, f"no complete answer within {send.timeout:g} seconds"
            )
        except (httpx.HTTPError, httpx.InvalidURL):
            return None
        return None

    def _transport(self, voice: Voice) -> httpx.AsyncHTTPTransport:
        if voice not in self.transports:
            self.transports[voice] = httpx.AsyncHTTPTransport(
                proxy=f"http://127.0.0.1:{self.engine.port}",
                verify=self.engine.client_context(),
                trust_env=False,
            )
        return self.transports[voice]

    async def close(self) -> None:
        for transport in self.transports.values():
            await transport.aclose()


@asynccontextmanager
async def wire(engine: Engine) -> AsyncIterator[Wire]:
    one = Wire(engine)
    try:
        yield one
    finally:
        await one.close()


async def _read(response: httpx.Response, send: Send) -> None:
    """Read the body as far as it is of use: never a stream that stays open."""
    stream = response.headers.get("content-type", "").startswith("text/event-stream")
    if send.head_only and stream:
        return
    seen = b""
    size = 0
    stream_of = cast(AsyncGenerator[bytes], response.aiter_raw())
    async with aclosing(stream_of) as chunks:
        async for chunk in chunks:
            size += len(chunk)
            if size > _MAX_BODY:
                return
            if stream and send.awaited_id is not None:
                seen += chunk
                if holds_answer(seen, send.awaited_id):
                    return


def _never_left(send: Send, n: int, started: float, cut: Failure | None) -> Exchange:
    """The exchange of a request that our own client would not put on the wire."""
    text = f"{send.method} {send.url} cannot be sent as an HTTP request"
    return Exchange(
        n=n,
        step=send.step,
        purpose=send.purpose,
        voice=send.voice,
        request=Request(method=send.method, url=send.url, headers=send.headers, body=send.body),
        failure=cut or Failure(FailureKind.PROTOCOL, text),
        started=started,
        exploration=send.exploration,
    )
