"""Who sent a request: by its User-Agent and by the address it came from."""

import ipaddress
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from harness.model.access_log import Sureness
from harness.model.trace import Voice

EGRESS = "160.79.104.0/21"
"""All of Anthropic's requests come from here (platform.claude.com, IP addresses)."""

_EGRESS = ipaddress.ip_network(EGRESS)
_CRAWLERS = ("claudebot", "claude-searchbot", "claude-web", "anthropic-ai")


class Sent(Protocol):
    """What is looked at of a request, or of its line in a log."""

    @property
    def agent(self) -> str | None: ...

    @property
    def source(self) -> str: ...

    @property
    def addresses(self) -> tuple[str, ...]: ...


class Speaker(StrEnum):
    """A program, as far as a log tells it."""

    BROKER = "python-httpx"
    RUNTIME = "Claude-User"
    HOSTED = "Anthropic"
    """From Anthropic's addresses, under another name or none."""
    CODE = "claude-code"
    CODE_LOGIN = "Bun"
    BROWSER = "browser"
    CRAWLER = "crawler"
    UNNAMED = "unnamed"
    """The log has no User-Agents."""
    OTHER = "other"


HOSTED = (Speaker.BROKER, Speaker.RUNTIME, Speaker.HOSTED)
LOCAL = (Speaker.CODE, Speaker.CODE_LOGIN)
VOICES = {
    Speaker.BROKER: Voice.BROKER,
    Speaker.CODE_LOGIN: Voice.BROKER,
    Speaker.BROWSER: Voice.BROWSER,
}


def speaker(line: Sent) -> Speaker:
    agent = (line.agent or "").lower()
    if any(one in agent for one in _CRAWLERS) or ("mozilla/" in agent and "claude-user" in agent):
        return Speaker.CRAWLER
    for start, one in (
        ("claude-user", Speaker.RUNTIME),
        ("python-httpx/", Speaker.BROKER),
        ("claude-code/", Speaker.CODE),
        ("bun/", Speaker.CODE_LOGIN),
        ("mozilla/", Speaker.BROWSER),
    ):
        if agent.startswith(start):
            return one
    if is_anthropic(line):
        return Speaker.HOSTED
    return Speaker.UNNAMED if line.agent is None else Speaker.OTHER


def is_anthropic(line: Sent) -> bool:
    return any(_in_range(one) for one in line.addresses)


@lru_cache(8192)
def _in_range(address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in _EGRESS
    except ValueError:
        return False


@lru_cache(8192)
def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def sureness(lines: Iterable[Sent]) -> tuple[Sureness, str]:
    """How sure it is that these lines are Claude's, and why, as one sentence."""
    lines = tuple(one for one in lines if speaker(one) is not Speaker.BROWSER)
    told = {speaker(one) for one in lines}
    if inside := sorted({a for one in lines for a in one.addresses if _in_range(a)}):
        more = f" and {len(inside) - 1} more" if len(inside) > 1 else ""
        return Sureness.CERTAIN, f"sent from Anthropic's range {EGRESS} ({inside[0]}{more})"
    if Speaker.CODE in told:
        agent = next(one.agent for one in lines if speaker(one) is Speaker.CODE) or ""
        return Sureness.CERTAIN, f"the User-Agent says {agent.partition(' ')[0]}"
    if Speaker.UNNAMED in told:
        text = "the log has no User-Agents: somebody asks what Claude asks, perhaps another client"
        return Sureness.DOUBTFUL, text
    sources = sorted({one.source for one in lines if one.source})
    public = any(_is_public(one) for one in sources)
    shown = sources[0] if sources else "an address the log does not show"
    own_proxy = "" if public else ", perhaps a proxy of yours,"
    where = f"from {shown}{own_proxy} and not from Anthropic's {EGRESS}"
    if Speaker.RUNTIME in told:
        return Sureness.LIKELY, f"the User-Agent Claude-User says so, {where}"
    if Speaker.CODE_LOGIN in told:
        return Sureness.LIKELY, f"Claude Code signs in as Bun, as other programs do, {where}"
    text = f"python-httpx is what many other Python programs are called too, {where}"
    return (Sureness.DOUBTFUL if public else Sureness.LIKELY), text
