"""Sorts the lines by surface and source, as far as a log allows."""

from collections.abc import Iterable, Sequence

from harness.diagnosis.access_log.attempt import DONE, METADATA, OVER, Group, Stream
from harness.diagnosis.access_log.label import purpose
from harness.diagnosis.speaker import HOSTED, LOCAL, Speaker, speaker
from harness.model.access_log import LogLine
from harness.model.trace import Purpose
from harness.model.verdict import Surface
from harness.model.wellknown import host, is_http_url

_CLAUDE = ("claude.ai", "claude.com")
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")

type Key = tuple[Surface | None, str]


def streams(lines: Sequence[LogLine], paths: Sequence[str]) -> list[Stream]:
    """The attempts of every surface and source that the lines show."""
    found: dict[Key, Stream] = {}
    signing: dict[tuple[str, str | None], Group] = {}
    for line in lines:
        what = purpose(line, paths)
        who = speaker(line)
        if what is None or (who is Speaker.UNNAMED and what is Purpose.OTHER):
            continue
        if who is Speaker.BROWSER and what is Purpose.PAGE:
            if group := signing.get((line.source, line.agent)):
                group.add(line, what)
            continue
        key = _key(line, who, found)
        if key is None:
            continue
        stream = found.setdefault(key, Stream(key[0]))
        if what is Purpose.OTHER and who in (Speaker.BROKER, Speaker.CODE_LOGIN):
            what = _by_place(stream, line)
            if what is None:
                continue
        group = stream.add(line, what)
        if what is Purpose.AUTHORIZE and group is not None:
            signing[line.source, line.agent] = group
    return list(found.values())


def _key(line: LogLine, who: Speaker, found: Iterable[Key]) -> Key | None:
    """Which surface a line belongs to, with its source where the source tells users apart.

    None for the sign-in of another client, as its redirect URI shows.
    """
    if who in HOSTED:
        return Surface.CLAUDE_AI, ""
    if who in LOCAL:
        return Surface.CLAUDE_CODE, line.source
    uri = line.parameters.get("redirect_uri", "")
    back = host(uri) if is_http_url(uri) else ""
    if who is Speaker.UNNAMED:
        known = back in _CLAUDE and (Surface.CLAUDE_AI, "") in found
        return (Surface.CLAUDE_AI, "") if known else (None, line.source)
    if back in _CLAUDE:
        return Surface.CLAUDE_AI, ""
    if back and back not in _LOCAL_HOSTS:
        return None
    codes = [source for surface, source in found if surface is Surface.CLAUDE_CODE]
    if line.source in codes:
        return Surface.CLAUDE_CODE, line.source
    if back:
        return (Surface.CLAUDE_CODE, codes[-1]) if codes else None
    if (Surface.CLAUDE_AI, "") in found or not codes:
        return Surface.CLAUDE_AI, ""
    return Surface.CLAUDE_CODE, codes[-1]


def _by_place(stream: Stream, line: LogLine) -> Purpose | None:
    """What a POST under an unusual path is: the token's after the sign-in, else a registration."""
    now = next(reversed(stream.groups), None)
    if now is None or now.use or now.quiet(line) > OVER:
        return None
    if now.waits:
        return Purpose.TOKEN
    first = now.has(*METADATA) and not now.has(*DONE)
    return Purpose.REGISTER if first else None
