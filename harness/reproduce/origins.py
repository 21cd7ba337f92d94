"""Rewrites the addresses of some origins to others, wherever and however a text writes them."""

import re
from collections.abc import Mapping
from functools import cached_property
from urllib.parse import quote

from harness.model.wellknown import UrlError, origin, split

_COLON = r"(?::|%(?:25)*3A)"
_SLASHES = r"(?:/|\\/|%(?:25)*2F){2}"
_END = r"(?![A-Za-z0-9\-_]|\.[A-Za-z0-9])"


class Origins:
    """A mapping of origins, applied to URLs in any text: plain, percent-encoded or in JSON.

    The other scheme of a mapped host leads to the same place under that scheme, so that
    `http` in place of `https` stays the mistake it is.
    """

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self.mapping = {origin(old): origin(new) for old, new in mapping.items()}

    def __call__(self, text: str) -> str:
        if not self.mapping:
            return text
        return self._pattern.sub(self._written, text)

    def inverse(self) -> "Origins":
        return Origins({new: old for old, new in self.mapping.items()})

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        places = {split(old).netloc.rpartition("@")[2] for old in self.mapping}
        hosts = {split(f"http://{place}").hostname or "" for place in places}
        names = "|".join(re.escape(host) for host in sorted(hosts, key=len, reverse=True))
        return re.compile(
            rf"(?P<scheme>https?)(?P<colon>{_COLON})(?P<slashes>{_SLASHES})(?P<host>{names})"
            rf"(?:{_COLON}(?P<port>[0-9]{{1,5}})(?![0-9]))?{_END}",
            re.IGNORECASE,
        )

    def _written(self, match: re.Match[str]) -> str:
        port = f":{match['port']}" if match["port"] else ""
        try:
            new = self._new(match["scheme"].lower(), f"{match['host'].lower()}{port}")
        except UrlError:
            return match[0]
        if new is None:
            return match[0]
        scheme, _, place = new.partition("://")
        colon = match["colon"]
        for _ in range(colon.count("25") + 1 if colon != ":" else 0):
            place = quote(place, safe="")
        return f"{scheme}{colon}{match['slashes']}{place}"

    def _new(self, scheme: str, place: str) -> str | None:
        found = self.mapping.get(origin(f"{scheme}://{place}"))
        if found is not None:
            return found
        other = "http" if scheme == "https" else "https"
        found = self.mapping.get(origin(f"{other}://{place}"))
        return None if found is None else f"{scheme}://{found.partition('://')[2]}"
