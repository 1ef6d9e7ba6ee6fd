"""The table of the tests' own secret columns."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from integrations.core import secrets
from tests.core.vaults import K1, Vault


@pytest.fixture(scope="module")
def _vault_table(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Vault)
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.delete_model(Vault)


@pytest.fixture
def vault(_vault_table: None, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Vault]:
    """The model, under the key k1; the walk over secret columns finds this model only."""
    settings.CREDENTIALS_KEYS = K1
    monkeypatch.setattr(secrets, "apps", SimpleNamespace(get_models=lambda **kwargs: [Vault]))
    return Vault
