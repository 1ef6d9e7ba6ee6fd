"""The audit log: what it keeps, and that nothing changes it."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import structlog
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory

from integrations.core import audit
from integrations.core.masking import MASK
from integrations.core.models import AppendOnlyError, AuditEvent, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "AUDIT_ACTIONS", {**audit.AUDIT_ACTIONS, "test.done": "Essai"})


def test_a_row_says_who_what_on_what_from_where(administrator: User, support: User) -> None:
    request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.7")
    request.user = administrator
    with structlog.contextvars.bound_contextvars(request_id="0123abcd"):
        event = audit.record("test.done", target=support, before={"role": "a"}, after={"role": "b"}, request=request)
    event.refresh_from_db()
    assert (event.actor, event.actor_kind, event.actor_label) == (administrator, "user", administrator.email)
    assert (event.target_type, event.target_id, event.target_label) == ("core.user", str(support.pk), support.email)
    assert (event.before, event.after) == ({"role": "a"}, {"role": "b"})
    assert (event.ip, event.request_id, event.action_label) == ("203.0.113.7", "0123abcd", "Essai")


def test_without_a_person_the_system_acts() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="")
    request.user = AnonymousUser()
    for event in (audit.record("test.done"), audit.record("test.done", request=request)):
        assert (event.actor_id, event.actor_kind, event.actor_label, event.ip) == (None, "system", "Système", None)


def test_a_token_acts_under_its_own_name() -> None:
    event = audit.record("test.done", actor=audit.Actor(AuditEvent.TOKEN, "Tableau de bord"))
    assert (event.actor_id, event.actor_kind, event.actor_label) == (None, "token", "Tableau de bord")


def test_secrets_are_masked_and_a_changed_one_says_so() -> None:
    before = {
        "api_key": "hunter2",
        "client_secret": "same",
        "url": "https://a.example/?code=hunter3",
        "n": Decimal("1.5"),
    }
    after = {"api_key": "hunter4", "client_secret": "same", "headers": {"Authorization": "hunter5"}, "id": UUID(int=1)}
    event = audit.record("test.done", before=before, after=after)
    event.refresh_from_db()
    assert event.before == {
        "api_key": MASK,
        "client_secret": MASK,
        "url": f"https://a.example/?code={MASK}",
        "n": "1.5",
    }
    assert event.after == {
        "api_key": audit.CHANGED_SECRET,
        "client_secret": MASK,
        "headers": {"Authorization": MASK},
        "id": str(UUID(int=1)),
    }


def test_an_act_that_nobody_registered_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown audit action"):
        audit.record("test.unheard-of")
    assert not AuditEvent.objects.filter(action="test.unheard-of").exists()


def test_a_registered_act_keeps_its_label() -> None:
    audit.register({"test.more": "Autre essai"})
    audit.register({"test.more": "Autre essai"})
    assert audit.record("test.more").action_label == "Autre essai"
    with pytest.raises(ValueError, match="already registered"):
        audit.register({"test.more": "Encore autre chose"})


def test_an_act_of_a_part_that_is_gone_shows_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    event = audit.record("test.done")
    monkeypatch.delitem(audit.AUDIT_ACTIONS, "test.done")
    assert event.action_label == "test.done"


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.save(),
        lambda event: AuditEvent.objects.get(pk=event.pk).save(update_fields=["action"]),
        lambda event: event.delete(),
        lambda event: AuditEvent.objects.update(action="x"),
        lambda event: AuditEvent.objects.filter(pk=event.pk).delete(),
        lambda event: AuditEvent.objects.bulk_update([event], ["action"]),
        lambda event: AuditEvent.objects.update_or_create(pk=event.pk, defaults={"action": "x"}),
        lambda event: AuditEvent._base_manager.filter(pk=event.pk).update(action="x"),
        lambda event: AuditEvent.objects.bulk_create(
            [event], update_conflicts=True, unique_fields=["id"], update_fields=["action"]
        ),
    ],
)
def test_a_row_can_neither_change_nor_go(change: Any) -> None:
    event = audit.record("test.done")
    with pytest.raises(AppendOnlyError):
        change(event)
    assert AuditEvent.objects.get(pk=event.pk).action == "test.done"


@pytest.mark.django_db(transaction=True)
def test_a_row_made_up_with_an_existing_number_does_not_overwrite_it() -> None:
    from django.db import IntegrityError

    event = audit.record("test.done")
    with pytest.raises(IntegrityError):
        AuditEvent(pk=event.pk, actor_kind="system", actor_label="x", action="forged").save()
    assert AuditEvent.objects.get(pk=event.pk).action == "test.done"


def test_the_log_outlives_the_person(administrator: User) -> None:
    event = audit.record("test.done", actor=administrator)
    number = administrator.pk
    administrator.delete()
    event = AuditEvent.objects.get(pk=event.pk)
    assert (event.actor_id, event.actor_label) == (number, "administratrice@example.com")
    connection.check_constraints()
