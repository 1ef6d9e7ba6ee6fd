"""The one door: what it accepts, what it writes, what it leaves alone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from integrations.core.ids import uuid7
from integrations.records.events import NewEvent
from integrations.records.kinds import KINDS, content
from integrations.records.models import Customer, Event, Invoice, Job, Property, RecordHistory, Unit
from integrations.records.services import (
    Applied,
    Change,
    InvalidChanges,
    Origin,
    StaleVersion,
    apply,
    lock,
    mark_overdue,
    purge_events,
    purge_history,
)
from integrations.records.signals import events_written, records_changed
from tests.records.conftest import ADDRESS, SYNC, USER, change, create, statements, update

pytestmark = pytest.mark.django_db


def reread(record: Any) -> Any:
    return type(record).objects.get(pk=record.pk)


def test_a_created_record_reads_back_as_it_was_answered() -> None:
    manager = create("contact", name="Luc Roy")
    applied: Any = change(
        "property", None, "create", SYNC,
        name="Le Belvédère", address=ADDRESS, unit_count=24, manager=manager.pk, custom={"toit": "plat"},
    )  # fmt: skip
    assert (applied.action, applied.version, applied.record.pk.version) == ("created", 1, 7)
    assert content(reread(applied.record)) == content(applied.record)
    assert applied.changed["name"] == (None, "Le Belvédère")
    assert applied.record.manager.name == "Luc Roy"


def test_values_nobody_gave_take_the_defaults_of_their_field() -> None:
    job = reread(create("job", title="Réparer"))
    assert (job.status, job.priority, job.currency, job.estimated_cost, job.custom) == (
        "open",
        "medium",
        "CAD",
        None,
        {},
    )


def test_only_changed_fields_are_written_and_the_version_rises_by_one(customer: Any) -> None:
    applied = update(customer, name="Garage Ste-Foy", phone="+14185550100")
    assert applied.action == "updated" and applied.version == 2
    assert applied.changed == {"phone": ("", "+14185550100")}
    again = reread(customer)
    assert (again.version, again.phone, again.email) == (2, "+14185550100", "info@garage.example.com")
    assert again.updated_at > again.created_at


def test_a_change_without_difference_writes_nothing(customer: Any) -> None:
    told: list[Any] = []

    def hear(**sent: Any) -> None:
        told.append(sent)

    records_changed.connect(hear)
    try:
        with statements() as seen:
            applied = update(customer, SYNC, name="Garage Ste-Foy", custom={})
    finally:
        records_changed.disconnect(hear)
    assert (applied.action, applied.version, applied.changed) == ("unchanged", 1, {})
    assert all(sql.startswith("SELECT") for sql in seen) and not told
    assert reread(customer).provenance == customer.provenance


def test_answers_come_in_the_order_of_the_changes(customer: Any) -> None:
    answers = apply(
        [
            Change("job", action="create", values={"title": "A"}),
            Change("customer", customer.pk, values={"name": "Autre nom"}),
            Change("job", action="create", values={"title": "B"}),
            Change("customer", customer.pk, "archive"),
        ],
        USER,
    )
    assert [(each.kind, each.action) for each in answers] == [
        ("job", "created"),
        ("customer", "updated"),
        ("job", "created"),
        ("customer", "archived"),
    ]
    assert (answers[1].version, answers[3].version, reread(customer).version) == (2, 3, 3)
    assert RecordHistory.objects.filter(record_id=customer.pk).count() == 3


def test_a_record_created_in_the_call_can_be_referred_to_and_changed_in_it() -> None:
    key, invoice = uuid7(), uuid7()
    apply(
        [
            Change("invoice", invoice, "create", {"customer": key}),
            Change("customer", key, "create", {"name": "Nouvelle"}),
            Change("customer", key, values={"name": "Renommée"}),
        ],
        USER,
    )
    again = Invoice.objects.get(pk=invoice)
    assert (again.customer.name, again.customer.version) == ("Renommée", 2)


def test_everything_wrong_is_told_at_once_before_any_write(customer: Any) -> None:
    with transaction.atomic():
        with pytest.raises(InvalidChanges) as invalid:
            apply(
                [
                    Change("customer", customer.pk, values={"name": "Bon"}),
                    Change("customer", action="create", values={"email": "non", "âge": 3}),
                    Change("planète", action="create"),
                    Change("customer", values={"name": "Sans identifiant"}),
                    Change("customer", customer.pk, "détruire"),  # type: ignore[arg-type]
                ],
                USER,
            )
        assert invalid.value.problems == {
            1: {
                "email": "Cette adresse courriel n’est pas valide.",
                "âge": "Champ inconnu.",
                "name": "Ce champ est obligatoire.",
            },
            2: {"kind": "Type d’enregistrement inconnu : planète."},
            3: {"id": "L’identifiant de l’enregistrement manque."},
            4: {"action": "Action inconnue : détruire."},
        }
        # The caller's transaction is still good.
        assert reread(customer).name == "Garage Ste-Foy"
    assert RecordHistory.objects.count() == 1


def test_a_record_that_does_not_exist_is_named(customer: Any) -> None:
    changes = [Change("customer", customer.pk, values={"name": "Bon"}), Change("customer", uuid4(), "archive")]
    with pytest.raises(InvalidChanges) as invalid:
        apply(changes, USER)
    assert invalid.value.problems == {1: {"id": "Cet enregistrement n’existe pas."}}
    assert reread(customer).name == "Garage Ste-Foy"


def test_a_version_that_moved_on_is_refused(customer: Any) -> None:
    update(customer, phone="+14185550100")
    stale = Change("customer", customer.pk, values={"name": "Trop tard"}, expected_version=1)
    other = Change("customer", create("customer", name="Autre").pk, values={"name": "Juste"}, expected_version=1)
    with pytest.raises(StaleVersion) as refused:
        apply([other, stale], USER)
    assert refused.value.indexes == [1]
    assert reread(customer).name == "Garage Ste-Foy"
    assert (
        apply([Change("customer", customer.pk, values={"name": "À temps"}, expected_version=2)], USER)[0].version == 3
    )


def test_each_field_remembers_who_set_it(customer: Any) -> None:
    apply(
        [Change("customer", customer.pk, values={"phone": "+15145550100", "name": "N"}, origins={"name": "system"})],
        SYNC,
    )
    provenance = reread(customer).provenance
    assert {name: each["by"] for name, each in provenance.items()} == {
        "name": "system",
        "email": "user:7",
        "phone": "integration:42",
    }
    assert provenance["phone"]["at"].endswith("Z")


def test_history_says_who_what_and_when(customer: Any) -> None:
    job_id = uuid4()
    change("customer", customer.pk, "update", Origin("integration", "42", "Nord", job_id), tax_exempt=True)
    row = RecordHistory.objects.first()
    assert row is not None
    assert (row.kind, row.record_id, row.version, row.action) == ("customer", customer.pk, 2, "updated")
    assert row.changes == {"tax_exempt": [False, True]}
    assert (row.origin, row.origin_label, row.job_id) == ("integration:42", "Nord", job_id)
    assert abs(row.at - datetime.now(UTC)) < timedelta(minutes=1)


def test_archiving_and_restoring_are_changes_like_others(customer: Any) -> None:
    archived = change("customer", customer.pk, "archive", name="Parti")
    assert (archived.action, archived.version) == ("archived", 2)
    assert archived.changed["name"] == ("Garage Ste-Foy", "Parti")
    assert reread(customer).archived_at and not Customer.objects.live().exists()
    assert change("customer", customer.pk, "archive").action == "unchanged"
    restored = change("customer", customer.pk, "restore")
    assert (restored.action, restored.version, reread(customer).archived_at) == ("restored", 3, None)


def test_an_archived_record_frees_its_number() -> None:
    first = create("job", title="A", number="T-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        create("job", title="B", number="T-1")
    change("job", first.pk, "archive")
    second = create("job", title="B", number="T-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        change("job", first.pk, "restore")
    # An update of its own row is no collision.
    assert update(second, title="C").action == "updated"
    assert create("job", title="Sans numéro") and create("job", title="Sans numéro non plus")


def test_invoice_numbers_are_unique_by_division(customer: Any) -> None:
    one, two = create("division", code="un", name="Un"), create("division", code="deux", name="Deux")
    for division in (one.pk, two.pk, None):
        create("invoice", customer=customer.pk, number="F-1", division=division)
        with pytest.raises(IntegrityError), transaction.atomic():
            create("invoice", customer=customer.pk, number="F-1", division=division)


def test_creating_under_an_existing_id_never_overwrites(customer: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        apply([Change("customer", customer.pk, "create", {"name": "Intrus"})], USER)
    key = uuid7()
    twice = [Change("customer", key, "create", {"name": "A"}), Change("customer", key, "create", {"name": "B"})]
    with pytest.raises(InvalidChanges) as invalid:
        apply(twice, USER)
    assert invalid.value.problems == {1: {"id": "Cet identifiant existe déjà."}}
    assert reread(customer).name == "Garage Ste-Foy"


def test_records_locked_before_save_the_read_and_follow_the_change(customer: Any) -> None:
    with transaction.atomic():
        locked = lock({"customer": [customer.pk, uuid4()], "job": []})
        assert list(locked) == [("customer", customer.pk)]
        with statements() as seen:
            apply([Change("customer", customer.pk, values={"name": "Neuf"})], USER, locked=locked)
    assert not [sql for sql in seen if sql.startswith("SELECT")]
    assert locked["customer", customer.pk].name == "Neuf"  # type: ignore[attr-defined]


def test_a_stale_locked_record_never_overwrites_a_newer_row(customer: Any) -> None:
    with transaction.atomic():
        locked = lock({"customer": [customer.pk]})
    update(customer, phone="+14185550100")
    with pytest.raises(IntegrityError), transaction.atomic():
        apply([Change("customer", customer.pk, values={"name": "Vieux"})], USER, locked=locked)
    assert reread(customer).name == "Garage Ste-Foy"


@pytest.mark.django_db(transaction=True)
def test_locking_outside_a_transaction_is_an_error() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        lock({"customer": [uuid4()]})


@pytest.mark.django_db(transaction=True)
def test_a_reference_to_nothing_is_refused_by_the_database_and_nothing_stays() -> None:
    good = Change("job", action="create", values={"title": "Bon"})
    with pytest.raises(IntegrityError):
        apply([good, Change("job", action="create", values={"title": "Mauvais", "customer": uuid4()})], USER)
    assert not Job.objects.exists() and not RecordHistory.objects.exists() and not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_fails_undoes_the_change() -> None:
    def fail(**sent: Any) -> None:
        raise RuntimeError

    records_changed.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            create("customer", name="X")
    finally:
        records_changed.disconnect(fail)
    assert not Customer.objects.exists() and not Event.objects.exists()


def test_receivers_hear_once_of_what_changed_and_of_its_events(customer: Any) -> None:
    heard: list[tuple[list[Applied], Origin]] = []
    events: list[NewEvent] = []

    def hear(changes: Any, origin: Any, **rest: Any) -> None:
        assert connection.in_atomic_block
        heard.append((changes, origin))

    def hear_events(**sent: Any) -> None:
        events.extend(sent["events"])

    records_changed.connect(hear)
    events_written.connect(hear_events)
    try:
        apply(
            [
                Change("customer", customer.pk, values={"name": "Garage Ste-Foy"}),
                Change("customer", action="create", values={"name": "A"}),
                Change("property", action="create", values={"name": "B"}),
            ],
            SYNC,
        )
    finally:
        records_changed.disconnect(hear)
        events_written.disconnect(hear_events)
    ((changes, origin),) = heard
    assert [(each.kind, each.action) for each in changes] == [("customer", "created"), ("property", "created")]
    assert origin == SYNC
    assert [each.type for each in events] == ["customer.created"]
    assert Event.objects.filter(pk=events[0].id, origin="integration:42").exists()


def test_no_change_at_all_asks_the_database_nothing() -> None:
    with statements() as seen:
        assert apply([], USER) == []
    assert not seen


@pytest.mark.parametrize("text", ["l’été", "a'b\"c\\d", "%s %(x)s {}", "ligne\nligne\t", "🏠", "<script>", "\\u0041"])
def test_any_text_comes_back_unharmed(text: str) -> None:
    record = reread(create("customer", name=text, custom={text: [text]}, billing_address={"line1": text}))
    assert (record.name, record.custom, record.billing_address["line1"]) == (text, {text: [text]}, text)
    assert RecordHistory.objects.latest("id").changes["name"] == [None, text]


def test_every_type_of_value_comes_back_exactly() -> None:
    building = create("property", name="P")
    moment = datetime(2026, 3, 8, 6, 59, 59, 123456, tzinfo=UTC)
    job = create(
        "job", title="T", property=building.pk, due_at=moment, permission_to_enter=False, estimated_cost="0.10",
        lines=[{"quantity": "0.3333", "unit_price": "19.9999", "total": "6.67"}],
    )  # fmt: skip
    unit = create("unit", property=building.pk, number="101", bedrooms="2.5", floor=-2, available_on=date(2026, 7, 1))
    again, space = reread(job), reread(unit)
    assert (again.due_at, again.permission_to_enter, again.estimated_cost) == (moment, False, Decimal("0.10"))
    assert again.lines.get().unit_price == Decimal("19.9999")
    assert (space.bedrooms, space.floor, space.available_on) == (Decimal("2.5"), -2, date(2026, 7, 1))
    # They can be searched, so they are stored the way Django stores them.
    assert Job.objects.filter(due_at=moment, estimated_cost=Decimal("0.1"), property=building.pk).exists()
    assert Job.objects.filter(due_at__lt=moment).count() == 0
    assert Unit.objects.filter(available_on__year=2026, bedrooms__gt=2).exists()
    assert Property.objects.filter(pk=building.pk, created_at__lte=datetime.now(UTC)).exists()


def invoice(customer: Any, due: date, status: str = "sent", balance: str = "10") -> Any:
    return create("invoice", customer=customer.pk, status=status, due_date=due, total="10", balance=balance)


def test_unpaid_invoices_past_their_date_become_overdue_once_and_stop_when_paid(customer: Any) -> None:
    today = date(2026, 3, 10)
    late = invoice(customer, date(2026, 3, 9))
    partial = invoice(customer, date(2026, 3, 1), "partial", "4")
    due_today = invoice(customer, today)
    others = [invoice(customer, date(2026, 3, 1), "draft"), invoice(customer, date(2026, 3, 1), "paid", "0")]
    assert mark_overdue(today) == 2
    assert mark_overdue(today) == 0
    assert reread(late).overdue_since == date(2026, 3, 9) and reread(partial).overdue_since == date(2026, 3, 1)
    assert not [each for each in (due_today, *others) if reread(each).overdue_since]
    assert Event.objects.filter(type="invoice.overdue").count() == 2
    update(late, status="paid", balance=0)
    assert mark_overdue(today) == 1 and reread(late).overdue_since is None
    assert mark_overdue(today + timedelta(days=1)) == 1 and reread(due_today).overdue_since == today


def test_old_history_and_events_can_be_purged(customer: Any) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    assert purge_history(soon - timedelta(days=1)) == purge_events(soon - timedelta(days=1)) == 0
    assert purge_history(soon) == purge_events(soon) == 1
    assert reread(customer).version == 1


def test_every_kind_can_be_created_and_has_a_title(customer: Any) -> None:
    required = {"customer": customer.pk, "property": create("property", name="P").pk, "amount": "1"}
    for kind in KINDS.values():
        needed = {info.name: required.get(info.name, f"valeur-{info.name}") for info in kind.scalars if info.required}
        record = reread(create(kind.slug, **needed))
        assert str(record)
