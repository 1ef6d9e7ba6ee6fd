"""What is planned is set down together."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from integrations.core.ids import uuid7
from integrations.models import Integration, PushOperation, PushStatus
from integrations.sync import operations
from tests.integrations import rows

pytestmark = pytest.mark.django_db


def waiting(count: int) -> list[PushOperation]:
    integration: Integration = rows.integration()
    made = [
        PushOperation(integration=integration, resource="tenants", record_kind="tenant", record_id=uuid7())
        for _ in range(count)
    ]
    return PushOperation.objects.bulk_create(made)


@pytest.mark.parametrize("count", [1, 30])
def test_any_number_costs_one_statement_and_reads_back_whole(count: int, django_assert_num_queries: Any) -> None:
    made = waiting(count)
    now = timezone.now()
    for number, one in enumerate(made):
        one.status, one.action, one.fields, one.planned = PushStatus.SENDING, "update", ["name"], 1
        one.request, one.sent_values, one.sent_at = f"requête « {number} »", {"name": "Œ", "n": None}, now
    with django_assert_num_queries(1):
        operations.save(made)
    read = list(PushOperation.objects.order_by("id"))
    assert [one.request for one in read] == [one.request for one in made]
    for one in read:
        assert (one.status, one.action, one.fields, one.planned) == (PushStatus.SENDING, "update", ["name"], 1)
        assert (one.sent_values, one.sent_at, one.approval_id) == ({"name": "Œ", "n": None}, now, None)


def test_what_others_count_meanwhile_stays() -> None:
    [one] = waiting(1)
    created = PushOperation.objects.get().created_at
    PushOperation.objects.update(wanted=7, needed=True)
    operations.close(one, PushStatus.HELD, "guard", "Attend.")
    operations.save([one])
    read = PushOperation.objects.get()
    assert (read.wanted, read.needed, read.created_at) == (7, True, created)
    assert (read.status, read.message, read.request) == (PushStatus.HELD, "Attend.", None)


def test_one_that_is_gone_is_not_sent() -> None:
    made = waiting(2)
    PushOperation.objects.filter(pk=made[0].pk).delete()
    with pytest.raises(IntegrityError):
        operations.save(made)


def test_a_request_is_stored_encrypted() -> None:
    [one] = waiting(1)
    one.request = "en clair"
    operations.save([one])
    with connection.cursor() as cursor:
        cursor.execute("SELECT request FROM integrations_pushoperation")
        assert "clair" not in cursor.fetchone()[0]
