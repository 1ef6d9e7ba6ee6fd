"""The catalogue of events, and which change tells which."""

from datetime import UTC, date, datetime
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from integrations.records.events import CATALOGUE, derive
from integrations.records.models import Event
from integrations.records.services import Change, apply, emit
from tests.records.conftest import SYNC, USER, change, create, update

NAMES = {
    "customer.created", "customer.updated", "customer.deleted",
    "job.created", "job.updated", "job.completed", "job.cancelled",
    "invoice.created", "invoice.sent", "invoice.paid", "invoice.overdue",
    "payment.received", "payment.failed", "payment.refunded",
    "referral.captured", "referral.converted", "referral.lost",
    "sync.completed", "sync.failed", "integration.error",
}  # fmt: skip


def validator(name: str) -> Any:
    schema = CATALOGUE[name].schema
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def told() -> list[str]:
    return list(Event.objects.order_by("id").values_list("type", flat=True))


def test_the_catalogue_is_complete_and_french() -> None:
    assert CATALOGUE.keys() == NAMES
    assert {each.group for each in CATALOGUE.values()} == {
        "Clients", "Travaux", "Factures", "Paiements", "Références", "Synchronisations", "Intégrations",
    }  # fmt: skip
    assert CATALOGUE["invoice.overdue"].label == "Facture en souffrance"


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_sample_is_valid_and_every_required_key_counts(name: str) -> None:
    check, sample = validator(name), CATALOGUE[name].sample
    check.validate(sample)
    for key in CATALOGUE[name].schema["required"]:
        assert not check.is_valid({other: value for other, value in sample.items() if other != key})


@pytest.mark.django_db
def test_real_events_are_valid_too(customer: Any) -> None:
    division = create("division", code="d", name="D")
    job = create("job", title="T", lines=[{"description": "L", "quantity": 2}], custom={"clé": [1]})
    update(job, status="completed", completed_at=datetime.now(UTC))
    invoice = create("invoice", customer=customer.pk, taxes=[{"name": "TPS", "amount": "5"}], status="sent")
    create("payment", amount=5, status="cleared", allocations=[{"invoice": invoice.pk, "amount": 5}])
    create("refund", amount=5, status="succeeded")
    create("opportunity", name="O", to_division=division.pk)
    change("customer", customer.pk, "archive")
    events = list(Event.objects.all())
    assert len(events) == 10
    for event in events:
        validator(event.type).validate(event.payload)


@pytest.mark.django_db
def test_an_event_carries_the_record_and_what_it_was(customer: Any) -> None:
    update(customer, SYNC, phone="+14185550100")
    event = Event.objects.get(type="customer.updated")
    assert (event.kind, event.record_id, event.origin) == ("customer", customer.pk, "integration:42")
    assert event.payload["record"]["phone"] == "+14185550100" and event.payload["record"]["version"] == 2
    assert event.payload["previous"] == {"phone": ""}
    assert Event.objects.get(type="customer.created").payload["previous"] == {}


@pytest.mark.django_db
def test_customers_tell_creation_change_and_archiving(customer: Any) -> None:
    update(customer, name="X")
    change("customer", customer.pk, "archive")
    change("customer", customer.pk, "restore")
    assert told() == ["customer.created", "customer.updated", "customer.deleted", "customer.updated"]


@pytest.mark.django_db
def test_jobs_tell_their_end_once() -> None:
    job = create("job", title="T")
    for status in ("scheduled", "completed", "invoiced"):
        update(job, status=status)
    create("job", title="Annulé d’avance", status="cancelled")
    assert told() == [
        "job.created", "job.updated", "job.updated", "job.completed", "job.updated", "job.created", "job.cancelled",
    ]  # fmt: skip


@pytest.mark.django_db
def test_invoices_tell_sending_payment_and_lateness(customer: Any) -> None:
    invoice = create("invoice", customer=customer.pk)
    steps: list[dict[str, Any]] = [
        {"memo": "rien à dire"},
        {"status": "sent"},
        {"status": "partial"},
        {"status": "sent"},  # a payment withdrawn: nobody sent anything
        {"overdue_since": date(2026, 3, 1)},
        {"overdue_since": date(2026, 3, 2)},
        {"status": "paid", "overdue_since": None},
    ]
    for values in steps:
        update(invoice, **values)
    assert told()[1:] == ["invoice.created", "invoice.sent", "invoice.overdue", "invoice.paid"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"status": "pending"}, {"status": "cleared"}, ["payment.received"]),
        ({"status": "cleared"}, {"reference": "x"}, ["payment.received"]),
        ({"status": "pending"}, {"status": "failed"}, ["payment.failed"]),
        (
            {"status": "cleared"},
            {"status": "refunded", "refunded_amount": "10"},
            ["payment.received", "payment.refunded"],
        ),
        ({"status": "cleared"}, {"refunded_amount": "4"}, ["payment.received", "payment.refunded"]),
        ({"status": "refunded", "refunded_amount": "4"}, {"refunded_amount": "3"}, ["payment.refunded"]),
        ({"status": "refunded"}, {"status": "cleared"}, ["payment.refunded"]),
    ],
)
def test_payments_tell_money_in_refused_and_out(first: Any, second: Any, expected: list[str]) -> None:
    update(create("payment", amount=10, **first), **second)
    assert told() == expected


@pytest.mark.django_db
def test_a_refund_on_its_own_is_told_and_one_of_a_payment_is_told_by_the_payment() -> None:
    payment = create("payment", amount=10)
    create("refund", amount=10, status="succeeded", payment=payment.pk)
    assert told() == []
    alone = create("refund", amount=10)
    update(alone, status="succeeded")
    assert told() == ["payment.refunded"]


@pytest.mark.django_db
def test_referrals_tell_capture_conversion_and_loss() -> None:
    division = create("division", code="d", name="D").pk
    plain = create("opportunity", name="Sans référence", status="won")
    assert told() == []
    update(plain, to_division=division)
    assert told() == ["referral.captured", "referral.converted"]
    other = create("opportunity", name="Référée", to_division=division)
    update(other, amount=5)
    update(other, status="won")
    update(other, referral_status="converted")
    assert told()[2:] == ["referral.captured", "referral.converted"]
    lost = create("opportunity", name="Perdue", to_division=division, referral_status="captured")
    update(lost, referral_status="lost", status="lost")
    assert told()[4:] == ["referral.captured", "referral.lost"]


@pytest.mark.django_db
def test_other_kinds_tell_nothing() -> None:
    create("property", name="P")
    create("contact", name="C")
    assert told() == []


@pytest.mark.django_db
def test_deriving_events_is_pure() -> None:
    applied = apply([Change("customer", action="create", values={"name": "A"})], USER)
    count = Event.objects.count()
    at = datetime(2026, 3, 1, tzinfo=UTC)
    first, second = derive(applied, SYNC, at), derive(applied, SYNC, at)
    assert [(e.type, e.payload, e.occurred_at) for e in first] == [(e.type, e.payload, e.occurred_at) for e in second]
    assert first[0].id != second[0].id and Event.objects.count() == count


@pytest.mark.django_db
def test_synchronisations_tell_their_own_events() -> None:
    for name in ("sync.completed", "sync.failed", "integration.error"):
        event = emit(name, CATALOGUE[name].sample, SYNC)
        assert Event.objects.get(pk=event.id).payload == CATALOGUE[name].sample
    with pytest.raises(ValueError, match=r"sync\.done"):
        emit("sync.done", {}, SYNC)
    with pytest.raises(ValueError, match="error"):
        emit("sync.failed", CATALOGUE["sync.completed"].sample, SYNC)
