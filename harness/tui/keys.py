"""Every key with its action and words, the footer of each state, and the sets of glyphs."""

from dataclasses import dataclass

from textual.binding import Binding

from harness.tui.session import Stage


@dataclass(frozen=True)
class Key:
    """`keys` are Textual's names, `label` is how they are printed, `word` stands in the footer."""

    action: str
    keys: str
    label: str
    word: str
    help: str

    def binding(self) -> Binding:
        return Binding(self.keys, self.action, self.word, show=False, id=self.action)


RUN = Key("run", "r", "r", "Run", "run the check from the start")
STOP = Key("back", "escape", "esc", "Back", "back; while a run is going, ask to stop it")
TARGET = Key("target", "u", "u", "Target", "change the target address")
FAULT = Key("fault", "b", "b", "Fault", "run the bundled reference server, healthy or with a fault")
PROBLEM = Key("next_problem", "exclamation_mark", "!", "Problem", "go to the next problem")
ZOOM = Key("zoom", "enter", "enter", "Zoom", "give the card and the exchange the whole window")
TAB_BACK = Key("previous_tab", "left_square_bracket", "[", "", "the tab before")
TAB_ON = Key("next_tab", "right_square_bracket", "]", "", "the next tab: HTTP, Expected, Timing")
BEFORE = Key(
    "previous_exchange", "less_than_sign,left", "<", "", "the exchange before, of this step"
)
AFTER = Key("next_exchange", "greater_than_sign,right", ">", "", "the next exchange of this step")
MASK = Key("mask", "m", "m", "Unmask", "show secrets of this run, or hide them again")
EXACT = Key("exact", "x", "x", "Exact", "show the exact bytes, or the decoded form again")
HELP = Key("help", "question_mark,f1", "?", "Help", "this page")
QUIT = Key("quit", "q,ctrl+q,ctrl+c", "q", "Quit", "quit; asks only while a run is going")

KEYS = (
    RUN,
    STOP,
    TARGET,
    FAULT,
    PROBLEM,
    ZOOM,
    TAB_BACK,
    TAB_ON,
    BEFORE,
    AFTER,
    MASK,
    EXACT,
    HELP,
    QUIT,
)

MOVES = (
    Key("pane_next", "tab", "tab", "", "the next pane (shift+tab: the one before)"),
    Key("down", "j,down", "j", "", "down (also the arrow key)"),
    Key("up", "k,up", "k", "", "up (also the arrow key)"),
    Key("first", "g,home", "g", "", "to the top"),
    Key("last", "G,end", "G", "", "to the bottom"),
    Key("page_down", "pagedown,space", "pgdn", "", "one page down (also space)"),
    Key("page_up", "pageup", "pgup", "", "one page up"),
    Key("palette", "ctrl+p", "ctrl+p", "", "every action by its name"),
)
"""Keys that the panes and the app handle themselves."""

LIST_MOVES = [
    Binding("j", "cursor_down", show=False),
    Binding("k", "cursor_up", show=False),
    Binding("g", "first", show=False),
    Binding("G", "last", show=False),
    Binding("space", "page_down", show=False),
]

TEXT_MOVES = [
    Binding("j,down", "scroll_down", show=False),
    Binding("k,up", "scroll_up", show=False),
    Binding("g,home", "scroll_home", show=False),
    Binding("G,end", "scroll_end", show=False),
    Binding("pagedown,space", "page_down", show=False),
    Binding("pageup", "page_up", show=False),
]


@dataclass(frozen=True)
class Hint:
    """One key in the footer."""

    label: str
    word: str
    action: str

    def __str__(self) -> str:
        return f"{self.label} {self.word}"


def hint(key: Key, word: str | None = None) -> Hint:
    return Hint(key.label, word or key.word, key.action)


def footer(
    stage: Stage,
    *,
    zoomed: bool = False,
    detail: bool = True,
    problems: bool = False,
    several: bool = False,
    masked: bool = True,
    exact: bool = False,
) -> tuple[Hint, ...]:
    """The keys that make sense now, the most useful first and the way out last.

    `detail` tells whether the exchange is on the screen.
    """
    jump = (hint(PROBLEM),) if problems else ()
    walk = (Hint("< >", "Exchange", AFTER.action),) if several and detail else ()
    look = (
        (
            Hint("[ ]", "Tab", TAB_ON.action),
            hint(EXACT, "Decoded" if exact else "Exact"),
            hint(MASK, "Unmask" if masked else "Mask"),
        )
        if detail
        else ()
    )
    if zoomed:
        return (hint(HELP), *jump, *walk, *look, hint(STOP))
    match stage:
        case Stage.READY:
            return (hint(HELP), hint(RUN), hint(TARGET), hint(FAULT, "Reference"), hint(QUIT))
        case Stage.STARTING | Stage.LIVE | Stage.STOPPING:
            return (hint(HELP), hint(STOP, "Stop"), hint(ZOOM), *look, hint(QUIT))
        case Stage.DONE:
            ask = (hint(FAULT), hint(TARGET))
            return (hint(HELP), hint(RUN), *jump, hint(ZOOM), *ask, *walk, *look, hint(QUIT))


def fitted(hints: tuple[Hint, ...], width: int) -> tuple[Hint, ...]:
    """As many as fit in one line; the way out always stays."""
    kept = list(hints)
    while len(kept) > 1 and line_width(tuple(kept)) > width:
        kept.pop(-2)
    return tuple(kept)


def line_width(hints: tuple[Hint, ...]) -> int:
    return sum(len(str(one)) for one in hints) + 2 * (len(hints) - 1)


@dataclass(frozen=True)
class Glyphs:
    ok: str = "✓"
    warn: str = "!"
    broken: str = "✗"
    going: str = "…"
    waits: str = "?"
    not_reached: str = "·"
    not_applicable: str = "-"
    advisory: str = "i"


UNICODE = Glyphs()
ASCII = Glyphs(ok="ok", broken="x", going="~", not_reached=".")

LEGEND = (
    ("ok", "as Claude needs it"),
    ("warn", "works, but at a risk"),
    ("broken", "the connection breaks here"),
    ("going", "going on now"),
    ("waits", "needs a person"),
    ("not_reached", "not reached"),
    ("not_applicable", "does not apply"),
    ("advisory", "noted, no harm on this surface"),
)
"""The meaning of each glyph, by its field."""
