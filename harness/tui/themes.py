"""Which colours the terminal gets, decided before the app exists."""

from collections.abc import Mapping


def theme_name(environ: Mapping[str, str]) -> str:
    """The user's TEXTUAL_THEME, else the terminal's own colours where others would not do.

    Without colour, or on a terminal of few colours, the ansi themes leave the background alone.
    """
    chosen = environ.get("TEXTUAL_THEME")
    plain = "NO_COLOR" in environ
    if chosen and (not plain or chosen.startswith("ansi-")):
        return chosen
    few = environ.get("TERM", "") in ("linux", "vt100", "vt220", "xterm", "ansi")
    rich = environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")
    if plain or (few and not rich):
        return "ansi-light" if _light(environ) else "ansi-dark"
    return "textual-light" if _light(environ) else "textual-dark"


def _light(environ: Mapping[str, str]) -> bool:
    """True when the terminal says that its background is white (COLORFGBG, as rxvt sets it)."""
    return environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
