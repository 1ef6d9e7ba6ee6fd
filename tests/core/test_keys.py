"""The key ring's setting, and the start that refuses bad ones."""

import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from integrations.core import checks, keys, secrets
from tests.core.vaults import K1, K2, Vault

ROOT = Path(__file__).resolve().parents[2]
GOOD_SECRET_KEY = "NUJQOnKytIlbARzLkyPuvRa_DRTf20bhfkWgEWnq0wrBqo9Pey3pVxi5I4Uue5R6"
SHORT = "k1:" + b64encode(b"short").decode()


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("", "entry 1 is not of the form"),
        (f"{K1},", "entry 2 is not of the form"),
        (K1.partition(":")[2], "entry 1 is not of the form"),
        ("k 1:" + K1, "entry 1: a key id"),
        (":" + K1[3:], "entry 1: a key id"),
        (f"{K1},{K1}", "k1 is given twice"),
        ("k1:pas-du-base64!", "k1 is not base64"),
        (SHORT, "k1 has 5 bytes instead of 32"),
    ],
)
def test_a_faulty_setting_is_named_without_showing_a_key(spec: str, fault: str) -> None:
    with pytest.raises(keys.KeyRingError, match=fault) as caught:
        keys.parse(spec)
    assert K1.partition(":")[2] not in str(caught.value)


def test_the_first_key_writes_and_spaces_do_not_matter() -> None:
    ring = keys.KeyRing(keys.parse(f" {K2} , {K1} "))
    assert ring.ids == ("k2", "k1")
    assert ring.encrypt("a", "t.c").startswith("g1.k2.")


def test_url_safe_base64_is_read_as_well() -> None:
    key = bytes(range(224, 256))
    plain = b64encode(key).decode()
    assert "/" in plain and "+" in plain
    assert keys.parse("a:" + plain.replace("+", "-").replace("/", "_")) == {"a": key}


def test_a_ring_prints_ids_only() -> None:
    assert repr(keys.KeyRing(keys.parse(K1))) == "<KeyRing k1>"


def _start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Import the WSGI module as gunicorn does, with a production environment."""
    base = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
    base |= {
        "DEBUG": "0",
        "DEMO": "0",
        "ALLOW_SQLITE": "1",
        "DATA_DIR": str(django_settings.DATA_DIR),
        "DATABASE_URL": "sqlite:///:memory:",
        "SITE_URL": "https://integrations.example.com",
        "SECRET_KEY": GOOD_SECRET_KEY,
        "CREDENTIALS_KEYS": K1,
        "DJANGO_SETTINGS_MODULE": "lacoste_integrations.settings",
    }
    code = "import lacoste_integrations.wsgi"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=base | environment, capture_output=True, text=True, check=False
    )


def test_a_sound_production_set_up_starts() -> None:
    result = _start()
    assert result.returncode == 0, result.stderr


def test_a_database_that_is_away_keeps_nobody_from_starting() -> None:
    result = _start(DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("environment", "fault"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY and CREDENTIALS_KEYS are not set"),
        ({"CREDENTIALS_KEYS": ""}, "SECRET_KEY and CREDENTIALS_KEYS are not set"),
        ({"SECRET_KEY": "court"}, "SECRET_KEY must have at least 50"),
        ({"CREDENTIALS_KEYS": f"{K1},{K1}"}, "k1 is given twice"),
        ({"ALLOW_SQLITE": "0"}, "SQLite is refused in production"),
    ],
)
@pytest.mark.processes
def test_production_refuses_to_start(environment: dict[str, str], fault: str) -> None:
    result = _start(**environment)
    assert result.returncode != 0
    assert fault in result.stderr


def _production(settings: Any, **values: Any) -> set[str]:
    """Return the ids of what the checks say of a production set-up changed by `values`."""
    base = {
        "DEBUG": False,
        "DEMO": False,
        "ALLOW_SQLITE": True,
        "SITE_URL": "https://integrations.example.com",
        "SECRET_KEY": GOOD_SECRET_KEY,
        "CREDENTIALS_KEYS": K1,
    }
    for name, value in (base | values).items():
        setattr(settings, name, value)
    return {str(message.id) for message in [*checks.check_keys(), *checks.check_production()]}


PLACEHOLDER_KEY = "k1:" + b64encode(b"lacoste-lacoste-lacoste-lacoste!").decode()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, set()),
        ({"CREDENTIALS_KEYS": SHORT}, {"core.E001"}),
        ({"CREDENTIALS_KEYS": f"{K1},k2:{K1[3:]}"}, {"core.E002"}),
        ({"CREDENTIALS_KEYS": f"{K1},K1:{K2[3:]}"}, {"core.E002"}),
        ({"SECRET_KEY": "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", "CREDENTIALS_KEYS": "k1:" + b64encode(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345").decode()}, {"core.E003", "core.E004"}),
        ({"SECRET_KEY": K1[3:]}, {"core.E003", "core.E004"}),
        ({"SECRET_KEY": "django-insecure-" + GOOD_SECRET_KEY}, {"core.E004"}),
        ({"SECRET_KEY": "a" * 80}, {"core.E004"}),
        ({"CREDENTIALS_KEYS": PLACEHOLDER_KEY}, {"core.E005"}),
        ({"SITE_URL": "http://integrations.example.com"}, {"core.W001"}),
    ],
)  # fmt: skip
def test_each_fault_of_a_production_set_up_is_reported(
    settings: Any, values: dict[str, Any], expected: set[str]
) -> None:
    assert _production(settings, **values) == expected


def test_demo_and_development_accept_placeholders_but_no_unusable_key(settings: Any) -> None:
    loose = {"DEMO": True, "SECRET_KEY": "court", "ALLOW_SQLITE": False, "SITE_URL": "http://localhost:8000"}
    assert _production(settings, **loose, CREDENTIALS_KEYS=PLACEHOLDER_KEY) == set()
    assert _production(settings, **loose, CREDENTIALS_KEYS=SHORT) == {"core.E001"}


def test_a_start_refuses_to_lack_a_key_that_a_row_still_uses(vault: type[Vault], settings: Any) -> None:
    vault.objects.create(token="a", data={"b": 1})
    settings.CREDENTIALS_KEYS = f"{K2},{K1}"
    vault.objects.create(token="c")
    checks.refuse_unsafe_start()
    settings.CREDENTIALS_KEYS = K2
    assert secrets.missing_key_ids() == {"k1": ["vaults_vault.token", "vaults_vault.data"]}
    with pytest.raises(ImproperlyConfigured, match=r"lacks the key k1, which vaults_vault\.token, vaults_vault\.data"):
        checks.refuse_unsafe_start()
    assert [error.id for error in checks.check_stored_key_ids(databases=["default"])] == ["core.E007"]
    assert checks.check_stored_key_ids() == []


def test_columns_that_a_migration_will_add_are_passed_over(vault: type[Vault]) -> None:
    from django.db import connection, models

    from integrations.core.fields import SecretTextField

    class Vault2(models.Model):  # noqa: DJ008
        token = SecretTextField()

        class Meta:
            apps = Vault._meta.apps
            app_label = "vaults"

    columns = [f"{model.__name__}.{field.name}" for model, field in secrets.secret_columns()]
    assert columns == ["Vault.token", "Vault.other", "Vault.data"]
    assert Vault2._meta.db_table not in connection.introspection.table_names()
