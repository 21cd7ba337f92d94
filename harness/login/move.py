"""What to do with a page of the sign-in: send a form, follow a link, or call for a person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qs, urlsplit

from harness.login.elements import Control, Form, Link, Page
from harness.login.forms import Entry, choose_button, choose_form, fill, promise
from harness.login.navigation import AddressError, Navigation, is_redirect_uri, resolve
from harness.login.submission import submission
from harness.login.text import clean
from harness.login.words import Stance, stance
from harness.model.wellknown import origin

_LONGEST_QUOTE = 160
_CAPTCHA = "asks to prove that a person is there (a CAPTCHA)"
_BY_SCRIPT = "sends its form by a script, which only a browser runs"


@dataclass(frozen=True, kw_only=True)
class Move:
    """The next page load, and in words what leads there."""

    navigation: Navigation
    text: str
    form: tuple[object, ...] | None = None
    """What the form is recognised by should it come back."""


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """Why the sign-in needs a person, and the fields that an answer would help with."""

    text: str
    fields: tuple[str, ...] = ()
    came_back: bool = False
    """The form that was just sent is there again."""


@dataclass(frozen=True, kw_only=True)
class Here:
    """Where the sign-in is: the page, its address, and the form that was sent before."""

    page: Page
    url: str
    policy: str
    redirect_uri: str
    sent: tuple[object, ...] | None = None


def next_move(here: Here, answers: Mapping[str, str]) -> Move | Stuck:
    """What a person would do next, as far as rules can tell.

    A form comes first; where there is none, or only one such as a search box, a refresh or the one
    approving link.
    """
    form = choose_form(here.page, answers)
    if form is None:
        by_link = _by_refresh_or_link(here)
        return by_link or Stuck(text=_why(here.page), fields=_open_fields(here.page.forms))
    by_form = _by_form(here, form, answers)
    if isinstance(by_form, Stuck) and not form.has_password and promise(form) is Stance.NEUTRAL:
        return _by_refresh_or_link(here) or by_form
    return by_form


def _by_form(here: Here, form: Form, answers: Mapping[str, str]) -> Move | Stuck:
    button = choose_button(form)
    if here.sent == _recognised(here, form):
        said = here.page.alert or here.page.text
        text = f"shows the same form again after it was sent, and says {_quoted(said)}"
        return Stuck(text=text, fields=_open_fields([form]), came_back=True)
    problem = _problem(here, form, button)
    if problem:
        return Stuck(text=problem, fields=_open_fields([form]))
    filled = fill(form, button, answers)
    if filled.missing:
        return Stuck(text=f"asks for {', '.join(filled.missing)}", fields=filled.missing)
    return _send(here, form, button=button, entries=filled.entries)


def _send(
    here: Here, form: Form, *, button: Control | None, entries: Sequence[Entry]
) -> Move | Stuck:
    """The request for a filled form, if it is one that a browser makes without a script."""
    encoding = here.page.encoding
    sending = submission(form, button=button, entries=entries, encoding=encoding)
    if sending.method == "GET" and form.has_password:
        return Stuck(text=_BY_SCRIPT, fields=_open_fields([form]))
    try:
        url = resolve(_base(here), sending.action) if sending.action else here.url
    except AddressError as error:
        return Stuck(text=f"has a form that leads to {error}", fields=_open_fields([form]))
    navigation = Navigation(
        url=sending.target(url, encoding=encoding),
        method=sending.method,
        body=sending.body,
        content_type=sending.content_type,
        source=here.url,
        policy=here.policy,
    )
    pressed = f"pressed {_quoted(button.label or button.name)}" if button else "sent the form"
    return Move(navigation=navigation, text=pressed, form=_recognised(here, form))


def _problem(here: Here, form: Form, button: Control | None) -> str | None:
    if here.page.captcha:
        return _CAPTCHA
    if button is not None:
        return None
    if form.buttons:
        labels = ", ".join(_quoted(one.label) for one in form.buttons[:6])
        return f"has no button that clearly goes on, only {labels}"
    if any(control.kind == "button" for control in form.controls):
        return _BY_SCRIPT
    return None


def _recognised(here: Here, form: Form) -> tuple[object, ...]:
    """What stays the same when a form comes back: not its values, nor the query of its action."""
    try:
        action = resolve(_base(here), form.action) if form.action.strip() else here.url
    except AddressError:
        action = form.action
    controls = tuple(
        (one.kind, one.name, one.label if one.submits else "") for one in form.controls
    )
    return action.partition("?")[0], form.method, controls


def _by_refresh_or_link(here: Here) -> Move | Stuck | None:
    """The way on from a page without a form."""
    page = here.page
    if page.refresh is not None:
        try:
            return _follow(here, resolve(_base(here), page.refresh), "followed the refresh")
        except AddressError as error:
            return Stuck(text=f"refreshes to {error}")
    approving = {
        url: link
        for link in page.links
        if (url := _link_url(here, link)) and _link_stance(here, link, url) > Stance.NEUTRAL
    }
    if len(approving) != 1:
        return None
    [(url, link)] = approving.items()
    return _follow(here, url, f"followed the link {_quoted(link.label)}")


def _follow(here: Here, url: str, text: str) -> Move:
    return Move(navigation=Navigation(url=url, source=here.url, policy=here.policy), text=text)


def _link_url(here: Here, link: Link) -> str | None:
    """The address of a link that stays on this origin or reaches the redirect URI."""
    try:
        url = resolve(_base(here), link.target)
    except AddressError:
        return None
    stays = origin(url) == origin(here.url) and not link.target.strip().startswith("#")
    return url if stays or is_redirect_uri(url, here.redirect_uri) else None


def _link_stance(here: Here, link: Link, url: str) -> Stance:
    if is_redirect_uri(url, here.redirect_uri):
        answer = parse_qs(urlsplit(url).query)
        if "error" in answer:
            return Stance.REFUSES
        if "code" in answer:
            return Stance.APPROVES
    return stance(link.label)


def _base(here: Here) -> str:
    """What relative addresses start from: the base element, if it names a web address."""
    try:
        return resolve(here.url, here.page.base) if here.page.base else here.url
    except AddressError:
        return here.url


def _open_fields(forms: Iterable[Form]) -> tuple[str, ...]:
    """The names of the visible fields that a person could fill or choose."""
    names = (
        one.name
        for form in forms
        for one in form.controls
        if one.name and not one.hidden and one.kind not in ("submit", "image", "button", "reset")
    )
    return tuple(islice(dict.fromkeys(names), 20))


def _why(page: Page) -> str:
    if page.captcha:
        return _CAPTCHA
    if page.passkey:
        return "asks for a passkey"
    if page.forms:
        return "has no form that clearly goes on"
    if page.frames:
        return "shows its sign-in in a frame of another page"
    if page.scripts:
        return "is built by a script, which only a browser runs"
    return "has nothing to press that clearly goes on"


def _quoted(text: str) -> str:
    return f"“{clean(text, _LONGEST_QUOTE)}”"
