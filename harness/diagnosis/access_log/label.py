"""What a line asks for, by its method, path and query."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from harness.diagnosis.speaker import HOSTED, LOCAL, Speaker, speaker
from harness.model.access_log import LogLine
from harness.model.trace import Purpose

RESOURCE = "/.well-known/oauth-protected-resource"
_SERVER = "/.well-known/oauth-authorization-server"
_OIDC = "/.well-known/openid-configuration"
_REGISTER = re.compile(r"register|registration|/reg$|/dcr\b|/clients?$|clients-registrations")
_TOKEN = re.compile(r"token(?:/?$|\.)|/oauth2?/(?:v\d/)?token")
_AUTHORIZE = re.compile(r"authori[sz]e(?:/?$|\.)|authorization/?$|/(?:oauth2?|connect)/auth/?$")
_ASSET = re.compile(r"\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|woff2?|ttf)$")


def metadata(line: LogLine) -> Purpose | None:
    """Which metadata document a line asks for, or None."""
    if line.method not in ("GET", "HEAD"):
        return None
    path = line.path
    if RESOURCE in path:
        return Purpose.METADATA_ROOT if path.rstrip("/") == RESOURCE else Purpose.METADATA_PATH
    if _SERVER in path:
        return Purpose.RFC8414
    if _OIDC in path:
        appended = path.endswith(_OIDC) and path != _OIDC
        return Purpose.OIDC_APPENDED if appended else Purpose.OIDC
    return None


def is_authorize(line: LogLine) -> bool:
    if line.method != "GET":
        return False
    asked = line.parameters if "client_id=" in line.target else {}
    if "client_id" in asked:
        return bool(asked.keys() & {"response_type", "code_challenge"})
    return _AUTHORIZE.search(line.path.lower()) is not None


def is_asset(line: LogLine) -> bool:
    return line.method == "GET" and _ASSET.search(line.path.lower()) is not None


def purpose(line: LogLine, mcp_paths: Collection[str]) -> Purpose | None:
    """What a line asks for; None for what is no part of a connection.

    `OTHER` is a POST of which only its place in the attempt can tell more.
    """
    if (found := metadata(line)) is not None:
        return found
    who = speaker(line)
    if who is Speaker.BROWSER:
        page = None if normal(line.path) in mcp_paths else Purpose.PAGE
        return Purpose.AUTHORIZE if is_authorize(line) else page
    if normal(line.path) in mcp_paths:
        return _mcp(line.method)
    if line.method == "POST":
        path = line.path.lower()
        if _REGISTER.search(path):
            return Purpose.REGISTER
        return Purpose.TOKEN if _TOKEN.search(path) else Purpose.OTHER
    if is_authorize(line) and who is Speaker.UNNAMED:
        return Purpose.AUTHORIZE
    return None


def _mcp(method: str) -> Purpose | None:
    match method:
        case "POST":
            return Purpose.INITIALIZE
        case "GET":
            return Purpose.STREAM
        case "DELETE":
            return Purpose.END_SESSION
        case "HEAD":
            return Purpose.HEAD
    return None


def normal(path: str) -> str:
    return path.rstrip("/") or "/"


def mcp_paths(lines: Sequence[LogLine]) -> tuple[tuple[str, ...], str]:
    """The paths of the MCP endpoints, the likeliest first, and how they became known."""
    asked: Counter[str] = Counter()
    posted: Counter[str] = Counter()
    for line in lines:
        if metadata(line) is Purpose.METADATA_PATH and line.path.startswith(RESOURCE):
            asked[normal(line.path.removeprefix(RESOURCE))] += 1
        elif line.method == "POST" and _may_be_mcp(line):
            # An answer that only an endpoint gives counts more than any other.
            spoke = line.succeeded or line.status in (401, 403)
            posted[normal(line.path)] += 100 if spoke else 1
    ranked = [path for path, _ in posted.most_common(8)]
    if asked:
        named = [path for path, _ in asked.most_common(8)]
        rest = [one for one in ranked if one != "/" and posted[one] >= 100 and one not in named]
        return (*named, *rest), "Claude asked for the resource metadata of this path"
    return tuple(ranked[:1]), "what Claude posted to"


def _may_be_mcp(line: LogLine) -> bool:
    path = line.path.lower()
    who = speaker(line)
    if _REGISTER.search(path) or _TOKEN.search(path) or _AUTHORIZE.search(path):
        return False
    if who is Speaker.UNNAMED:
        return path.endswith(("/mcp", "/mcp/", "/sse"))
    return who in (*HOSTED, *LOCAL)
