"""Secret columns: what comes back, and what must never pass for a secret."""

import threading
from typing import Any

import pytest
from django import forms
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import models

from integrations.core.fields import SecretTextField
from integrations.core.keys import DecryptionError
from tests.core.vaults import K1, K2, Vault, store, stored

SECRET = "sk_live_51Hx-très-secret"

VALUES = [
    {"token": "a", "n": 1, "x": 1.5, "on": True, "off": False, "none": None, "list": [1, "1", {"k": []}]},
    [],
    {},
    "",
    "texte",
    0,
    False,
    12.5,
]


@pytest.mark.parametrize("value", VALUES)
def test_a_json_secret_keeps_its_types(vault: type[Vault], value: Any) -> None:
    row = vault.objects.create(data=value)
    row.refresh_from_db()
    assert row.data == value
    assert type(row.data) is type(value)


@pytest.mark.parametrize("value", [SECRET, "", "é" * 5000, "g1.k1.looks-like-ours"])
def test_a_text_secret_comes_back_as_written(vault: type[Vault], value: str) -> None:
    row = vault.objects.create(token=value)
    row.refresh_from_db()
    assert row.token == value


def test_nothing_stays_null(vault: type[Vault]) -> None:
    row = vault.objects.create()
    assert stored(row, "token") is None
    assert vault.objects.filter(token__isnull=True, data__isnull=True).count() == 1


def test_the_database_holds_no_clear_text_and_never_twice_the_same(vault: type[Vault]) -> None:
    first = vault.objects.create(token=SECRET, data={"api_key": SECRET})
    second = vault.objects.create(token=SECRET)
    columns = [stored(first, "token"), stored(first, "data"), stored(second, "token")]
    assert all(str(column).startswith("g1.k1.") for column in columns)
    assert not any(SECRET in str(column) or "api_key" in str(column) for column in columns)
    assert columns[0] != columns[2]


def test_bulk_writes_and_updates_encrypt_too(vault: type[Vault]) -> None:
    rows = vault.objects.bulk_create([vault(token=f"t{n}", data={"n": n}) for n in range(3)])
    for row in rows:
        row.token = f"u{row.data['n']}"
        row.data = [row.token]
    vault.objects.bulk_update(rows, ["token", "data"])
    vault.objects.filter(pk=rows[0].pk).update(token="direct")
    assert list(vault.objects.order_by("pk").values_list("token", "data")) == [
        ("direct", ["u0"]),
        ("u1", ["u1"]),
        ("u2", ["u2"]),
    ]
    assert all(str(stored(row, "token")).startswith("g1.k1.") for row in rows)


def test_bytes_are_refused_rather_than_kept_as_their_repr(vault: type[Vault]) -> None:
    with pytest.raises(TypeError, match="text, not bytes"):
        vault.objects.create(token=b"abc")


def test_an_old_row_is_read_with_its_own_key(vault: type[Vault], settings: Any) -> None:
    row = vault.objects.create(token=SECRET)
    settings.CREDENTIALS_KEYS = f"{K2},{K1}"
    row.refresh_from_db()
    assert row.token == SECRET
    row.save()
    assert str(stored(row, "token")).startswith("g1.k2.")


def test_a_row_whose_key_is_gone_raises_and_names_the_key(vault: type[Vault], settings: Any) -> None:
    row = vault.objects.create(token=SECRET)
    settings.CREDENTIALS_KEYS = K2
    with pytest.raises(DecryptionError, match=r"vaults_vault\.token needs the key k1"):
        row.refresh_from_db()


def test_another_key_under_the_same_name_raises(vault: type[Vault], settings: Any) -> None:
    row = vault.objects.create(token=SECRET)
    settings.CREDENTIALS_KEYS = "k1:" + K2.partition(":")[2]
    with pytest.raises(DecryptionError):
        row.refresh_from_db()


def test_a_value_moved_to_another_column_raises(vault: type[Vault]) -> None:
    row = vault.objects.create(token="read-only token", other="administrator token")
    store(row, "token", stored(row, "other"))
    with pytest.raises(DecryptionError, match="moved"):
        row.refresh_from_db()


def _flip(text: str) -> str:
    return text[:-6] + ("A" if text[-6] != "A" else "B") + text[-5:]


@pytest.mark.parametrize(
    "damage",
    [_flip, lambda text: text[:30], lambda text: "g1.k1.", lambda text: "g2" + text[2:], lambda text: SECRET],
)
def test_an_altered_value_raises_and_the_error_shows_nothing(vault: type[Vault], damage: Any) -> None:
    row = vault.objects.create(token=SECRET)
    damaged = damage(str(stored(row, "token")))
    store(row, "token", damaged)
    with pytest.raises(DecryptionError) as caught:
        row.refresh_from_db()
    assert SECRET not in str(caught.value)
    assert damaged[6:] not in str(caught.value) or len(damaged) <= 6


@pytest.mark.parametrize(
    "question",
    [
        {"token": SECRET},
        {"token__contains": "sk"},
        {"token__in": [SECRET]},
        {"token": None},
        {"data__api_key": SECRET},
        {"data__contains": {}},
    ],
)
def test_no_question_but_isnull_can_be_asked(vault: type[Vault], question: dict[str, Any]) -> None:
    with pytest.raises(FieldError, match="encrypted"):
        list(vault.objects.filter(**question))


def test_a_secret_column_is_neither_unique_nor_indexed() -> None:
    class Indexed(models.Model):  # noqa: DJ008
        token = SecretTextField(unique=True)

        class Meta:
            apps = Vault._meta.apps
            app_label = "vaults"

    field: Any = Indexed._meta.get_field("token")
    assert any("neither be indexed" in error.msg for error in field.check())


def test_fixtures_hold_no_secret(vault: type[Vault]) -> None:
    row = vault.objects.create(token=SECRET, data={"api_key": SECRET})
    with pytest.raises(FieldError, match="not written to fixtures"):
        serializers.serialize("json", [row])


def test_nothing_printed_shows_the_value(vault: type[Vault]) -> None:
    row = vault.objects.create(token=SECRET)
    assert SECRET not in f"{row!r} {row} {vault._meta.get_field('token')!r} {vault.objects.all()!r}"


class VaultForm(forms.ModelForm):
    class Meta:
        model = Vault
        fields = ("label", "token")


def test_a_form_shows_neither_secret_nor_stored_text(vault: type[Vault]) -> None:
    row = vault.objects.create(token=SECRET, data={"api_key": SECRET})
    for form in (VaultForm(instance=row), VaultForm({"token": SECRET, "label": "x" * 99}, instance=row)):
        html = form.as_p()
        assert 'type="password"' in html
        assert SECRET not in html
        assert "g1.k1" not in html
    assert list(forms.modelform_factory(Vault, fields=["token", "data"]).base_fields) == ["token"]


def test_a_password_box_left_empty_keeps_the_secret(vault: type[Vault]) -> None:
    row = vault.objects.create(token=SECRET)
    form = VaultForm({"label": "renommé", "token": ""}, instance=row)
    assert form.is_valid()
    form.save()
    row.refresh_from_db()
    assert (row.label, row.token) == ("renommé", SECRET)
    form = VaultForm({"label": "renommé", "token": " nouveau "}, instance=row)
    form.save()
    row.refresh_from_db()
    assert row.token == "nouveau"


def test_a_failed_validation_does_not_poison_later_reads(vault: type[Vault]) -> None:
    row = vault.objects.create(token=SECRET, other=SECRET)
    assert not VaultForm({"label": "x" * 99, "token": "autre"}, instance=vault(pk=row.pk)).is_valid()
    field: Any = vault._meta.get_field("other")
    with pytest.raises(forms.ValidationError):
        field.clean("", row)
    row.refresh_from_db()
    assert (row.token, row.other) == (SECRET, SECRET)


def test_validation_in_one_thread_does_not_disturb_reads_in_another(vault: type[Vault]) -> None:
    field: Any = vault._meta.get_field("token")
    text, stop = field.get_prep_value(SECRET), threading.Event()

    def validate() -> None:
        while not stop.is_set():
            field.clean("valeur", None)

    thread = threading.Thread(target=validate)
    thread.start()
    try:
        assert all(field.from_db_value(text, None, None) == SECRET for _ in range(500))
    finally:
        stop.set()
        thread.join()
