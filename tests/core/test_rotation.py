"""`rotate_credentials`: every secret under the first key, whatever happens meanwhile."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.core import secrets
from integrations.core.fields import SecretField
from integrations.core.models import AuditEvent
from tests.core.vaults import K1, K2, Vault, store, stored


def _rotate(**options: Any) -> str:
    out = StringIO()
    call_command("rotate_credentials", stdout=out, **options)
    return out.getvalue()


def _prefixes(vault: type[Vault], column: str) -> list[str]:
    return [str(stored(row, column))[:6] for row in vault.objects.only("pk").order_by("pk")]


@pytest.fixture
def rows(vault: type[Vault], settings: Any) -> list[Vault]:
    """Five rows under k1, the ring turned to k2."""
    rows = [vault.objects.create(token=f"t{n}", data={"n": n}) for n in range(5)]
    settings.CREDENTIALS_KEYS = f"{K2},{K1}"
    return rows


def test_every_secret_moves_to_the_first_key_and_the_old_one_can_go(
    vault: type[Vault], rows: list[Vault], settings: Any
) -> None:
    output = _rotate(batch=2)
    assert "vaults_vault.token: 5 rewritten, 0 changed meanwhile, 0 unreadable" in output
    assert "vaults_vault.other: 0 rewritten" in output
    assert "10 rewritten under k2, 0 unreadable." in output
    settings.CREDENTIALS_KEYS = K2
    assert list(vault.objects.order_by("pk").values_list("token", "data")) == [(f"t{n}", {"n": n}) for n in range(5)]
    assert secrets.missing_key_ids() == {}


def test_a_second_run_has_nothing_to_do(rows: list[Vault]) -> None:
    _rotate()
    assert "0 rewritten under k2" in _rotate()
    event = AuditEvent.objects.get(action="credentials.rotated")
    assert event.actor_label == "Système"
    counts = [{"colonne": f"vaults_vault.{name}", "lignes": 5} for name in ("token", "data")]
    assert event.after == {"clé": "k2", "colonnes": counts}


def test_an_interrupted_run_goes_on_where_it_stopped(
    vault: type[Vault], rows: list[Vault], monkeypatch: pytest.MonkeyPatch
) -> None:
    decrypt, calls = SecretField.decrypt, []

    def stop_in_the_second_batch(field: SecretField, text: str) -> Any:
        calls.append(text)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return decrypt(field, text)

    with monkeypatch.context() as patch:
        patch.setattr(SecretField, "decrypt", stop_in_the_second_batch)
        with pytest.raises(KeyboardInterrupt):
            _rotate(batch=2)
    assert _prefixes(vault, "token") == ["g1.k2.", "g1.k2.", "g1.k1.", "g1.k1.", "g1.k1."]
    assert "vaults_vault.token: 3 rewritten" in _rotate(batch=2)
    assert _prefixes(vault, "token") == ["g1.k2."] * 5


def test_a_value_written_meanwhile_is_never_overwritten(
    vault: type[Vault], rows: list[Vault], monkeypatch: pytest.MonkeyPatch
) -> None:
    decrypt = SecretField.decrypt

    def write_first(field: SecretField, text: str) -> Any:
        value = decrypt(field, text)
        if value == "t2":
            vault.objects.filter(pk=rows[2].pk).update(token="refreshed meanwhile")
        return value

    monkeypatch.setattr(SecretField, "decrypt", write_first)
    assert "vaults_vault.token: 4 rewritten, 1 changed meanwhile" in _rotate()
    assert vault.objects.get(pk=rows[2].pk).token == "refreshed meanwhile"


def test_an_unreadable_row_is_counted_left_alone_and_fails_the_command(vault: type[Vault], rows: list[Vault]) -> None:
    broken = "g1.k9." + "A" * 60
    store(rows[1], "token", broken)
    with pytest.raises(CommandError, match="lacks"):
        _rotate()
    assert stored(rows[1], "token") == broken
    assert _prefixes(vault, "token") == ["g1.k2.", "g1.k9.", "g1.k2.", "g1.k2.", "g1.k2."]


def test_the_output_shows_no_secret(rows: list[Vault]) -> None:
    output = _rotate()
    assert "t0" not in output
    assert "g1." not in output


def test_an_unusable_ring_or_batch_is_refused_in_plain_words(rows: list[Vault], settings: Any) -> None:
    with pytest.raises(CommandError, match="at least 1"):
        _rotate(batch=0)
    settings.CREDENTIALS_KEYS = f"{K1},{K1}"
    with pytest.raises(CommandError, match="k1 is given twice"):
        _rotate()
