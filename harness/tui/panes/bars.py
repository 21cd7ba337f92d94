"""The single lines: the target with the mode, the verdict, and the keys."""

import re
from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from harness.tui.keys import Hint, fitted
from harness.tui.lines import joined, styled
from harness.tui.tones import MUTED

_LEAD = re.compile(r"[A-Z]{2,}(?: [A-Z]{2,})*|\w+")
"""What the verdict line stresses: the words in capitals, else the first one."""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """`alert` is a standing state the user must not forget, such as secrets being shown."""

    target: str
    surface: str
    mode: str
    elapsed: str = ""
    alert: str = ""


class TargetLine(Widget):
    """The target on the left; surface, mode and elapsed time on the right."""

    heading = Heading(target="", surface="", mode="")

    def show(self, heading: Heading) -> None:
        if heading != self.heading:
            self.heading = heading
            self.refresh()

    def render(self) -> Content:
        one = self.heading
        right = Content.assemble(
            (f"{one.alert}  " if one.alert else "", "bold $text-warning"),
            styled(one.surface),
            "  ",
            (one.mode, "bold"),
            f"  {one.elapsed}" if one.elapsed else "",
        )
        return joined(styled(one.target, "bold"), right, self.content_size.width)


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """`tone` colours the glyph and the first words; `counts` give way to the text."""

    glyph: str = ""
    text: str
    tone: str = ""
    counts: str = ""


class VerdictLine(Widget):
    """One sentence that is always on the screen."""

    sentence = Sentence(text="")

    def show(self, sentence: Sentence) -> None:
        if sentence != self.sentence:
            self.sentence = sentence
            self.refresh()

    def render(self) -> Content:
        one = self.sentence
        lead = _LEAD.match(one.text)
        end = lead.end() if lead else 0
        left = Content.assemble(
            (f"{one.glyph} " if one.glyph else "", f"bold {one.tone}"),
            styled(one.text[:end], f"bold {one.tone}"),
            styled(one.text[end:]),
        )
        width = self.content_size.width
        fits = left.cell_length + len(one.counts) < width
        return joined(left, styled(one.counts if fits else "", MUTED), width)


class KeyBar(Widget):
    """The keys that make sense now; a click does what the key does."""

    hints: tuple[Hint, ...] = ()

    class Clicked(Message):
        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def show(self, hints: tuple[Hint, ...]) -> None:
        if hints != self.hints:
            self.hints = hints
            self.refresh()

    def render(self) -> Content:
        parts: list[Content | str | tuple[str, str]] = []
        for one in fitted(self.hints, self.content_size.width):
            parts += ["  "] if parts else []
            parts += [(one.label, "bold $text-accent"), f" {one.word}"]
        return Content.assemble(*parts)

    def on_click(self, event: Click) -> None:
        at = event.x - self.gutter.left
        left = 0
        for one in fitted(self.hints, self.content_size.width):
            if left <= at < left + len(str(one)):
                self.post_message(self.Clicked(one.action))
            left += len(str(one)) + 2
