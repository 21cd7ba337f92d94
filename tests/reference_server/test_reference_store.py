import pytest

from reference_server import store
from reference_server.store import Family, Recent, Store


def test_recent_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LIMIT", 2)
    recent: Recent[int] = Recent()
    for number, name in enumerate("abc"):
        recent[name] = number
    assert recent == {"b": 1, "c": 2}


def test_recent_keeps_its_size_when_an_entry_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LIMIT", 2)
    recent: Recent[int] = Recent()
    recent["a"], recent["b"], recent["a"] = 1, 2, 3
    assert recent == {"a": 3, "b": 2}


def test_revoking_a_family_revokes_its_access_tokens_and_no_others() -> None:
    memory = Store()
    for name in ("one", "two"):
        memory.families[name] = Family(
            client_id="c", subject="ada", scopes=(), access_token_ids={f"{name}-1", f"{name}-2"}
        )
    memory.revoke_family("one")
    assert memory.families["one"].revoked
    assert not memory.families["two"].revoked
    assert set(memory.revoked_token_ids) == {"one-1", "one-2"}


def test_revoking_an_unknown_family_is_harmless() -> None:
    Store().revoke_family("none")
