"""What the label of a button or link promises: to approve, to go on, or to refuse."""

import re
import unicodedata
from enum import IntEnum

_LONGEST_LABEL = 200


class Stance(IntEnum):
    """What pressing a control does to a sign-in, the best last."""

    REFUSES = -1
    NEUTRAL = 0
    GOES_ON = 1
    APPROVES = 2


# By language: words that approve, that go on, that refuse (or lead elsewhere).
_WORDS = {
    "en": (
        "approve, approved, allow, allowed, accept, accepted, authorize, authorise, authorized,"
        "grant, consent, agree, confirm, yes",
        "continue, sign in, signin, log in, login, log on, logon, submit, next, proceed, connect,"
        "ok",
        "deny, denied, cancel, reject, decline, disallow, disagree, refuse, revoke, block, abort,"
        "close, back, no, not, never, dont, log out, logout, log off, logoff, sign out, signout,"
        "sign up, signup, register, different, another, switch, forgot, forgotten, resend",
    ),
    "de": (
        "erlauben, zulassen, zustimmen, akzeptieren, genehmigen, autorisieren, bestätigen, ja",
        "weiter, anmelden, einloggen",
        "ablehnen, abbrechen, verweigern, nein, nicht, zurück, abmelden",
    ),
    "fr": (
        "autoriser, accepter, approuver, confirmer, oui",
        "continuer, connexion, se connecter, suivant, valider",
        "refuser, annuler, non, retour",
    ),
    "es": (
        "permitir, autorizar, aceptar, aprobar, confirmar, sí",
        "continuar, entrar, iniciar sesión, siguiente",
        "denegar, rechazar, cancelar, volver",
    ),
    "pt": ("aceitar, aprovar, sim", "próximo", "negar, recusar, não"),
    "it": (
        "consenti, autorizza, accetta, conferma, sì",
        "continua, accedi, avanti",
        "nega, rifiuta, annulla, indietro",
    ),
    "nl": (
        "toestaan, accepteren, goedkeuren, bevestigen",
        "doorgaan, inloggen, aanmelden, volgende",
        "weigeren, annuleren, nee, niet, terug",
    ),
}
# Scripts that leave no spaces between words are searched for parts.
_PARTS = {
    "ja": (
        "許可, 承認, 同意",
        "ログイン, 続行, 次へ, はい",
        "拒否, キャンセル, いいえ, 戻る, しない",
    ),
    "zh": ("允许, 允許, 授权, 授權, 确认", "登录, 登入, 继续, 繼續", "拒绝, 拒絕, 取消, 返回, 不"),
    "ko": ("허용, 동의", "로그인, 계속", "거부, 취소"),
}


def _column(table: dict[str, tuple[str, str, str]], number: int) -> tuple[str, ...]:
    return tuple(word.strip() for row in table.values() for word in row[number].split(","))


_APPROVES, _GOES_ON, _REFUSES = (_column(_WORDS, number) for number in range(3))
_PARTS_APPROVE, _PARTS_GO_ON, _PARTS_REFUSE = (_column(_PARTS, number) for number in range(3))
_VALUES_OF_REFUSAL = frozenset({"false", "0", "n"})


def stance(label: str, *, value: str = "", name: str = "") -> Stance:
    """What a control does, by its label, then its value, then its name.

    A refusing word in the label or the value wins over everything else.
    """
    of_label, of_value = _read(label), _read(value)
    if Stance.REFUSES in (of_label, of_value):
        return Stance.REFUSES
    if of_label is Stance.NEUTRAL and value.strip().lower() in _VALUES_OF_REFUSAL:
        return Stance.REFUSES
    return max(of_label, of_value) or _read(name)


def _read(text: str) -> Stance:
    words = _words(text)
    if _has(words, _REFUSES, _PARTS_REFUSE):
        return Stance.REFUSES
    if _has(words, _APPROVES, _PARTS_APPROVE):
        return Stance.APPROVES
    if _has(words, _GOES_ON, _PARTS_GO_ON):
        return Stance.GOES_ON
    return Stance.NEUTRAL


def _words(text: str) -> str:
    """The words in lower case, each with a space on both sides."""
    text = unicodedata.normalize("NFKC", text[:_LONGEST_LABEL]).replace("'", "").replace("’", "")
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).casefold()
    return f" {' '.join(re.findall(r'[^\W_]+', text))} "


def _has(words: str, whole: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    return any(f" {word} " in words for word in whole) or any(part in words for part in parts)
