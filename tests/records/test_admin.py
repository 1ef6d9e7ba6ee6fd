"""Support staff correct records in the Django admin; everything goes through the door."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.records.kinds import KINDS, value_of
from integrations.records.models import Customer, Event, Invoice, Job, RecordHistory
from integrations.records.seed import seed_records
from tests.records.conftest import create, update

pytestmark = pytest.mark.django_db


def address(model: str, page: str, *args: Any) -> str:
    return reverse(f"admin:records_{model}_{page}", args=args)


def form_of(client: Client, url: str) -> dict[str, Any]:
    """Return what a browser would send back from a page of the admin, unchanged."""
    response = client.get(url)
    assert response.status_code == 200, response
    context = response.context
    forms = [context["adminform"].form]
    for each in context["inline_admin_formsets"]:
        forms += [each.formset.management_form, *each.formset.forms]
    data: dict[str, Any] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            widget = bound.field.widget
            if hasattr(widget, "decompress") and not isinstance(value, list):
                value = widget.decompress(value)
            if hasattr(widget, "widgets_names"):
                data |= {f"{bound.html_name}{s}": v for s, v in zip(widget.widgets_names, value, strict=True)}
            elif value is not None and value is not False:
                data[bound.html_name] = value
    return {key: value for key, value in data.items() if value is not None}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_has_a_french_list_a_search_and_a_form(support_client: Client, kind: Any, customer: Any) -> None:
    seed_records()
    building = create("property", name="P")
    unit = create("unit", property=building.pk, number="1")
    create("tenant", unit=unit.pk, family_name="Roy")
    create("attachment", name="photo.jpg")
    model = kind.model._meta.model_name
    listing = support_client.get(address(model, "changelist"), {"q": "a"})
    assert listing.status_code == 200
    page = support_client.get(address(model, "changelist"), {"archived": "all"})
    assert kind.plural.lower() in page.content.decode().lower()
    first = kind.model.objects.first()
    assert support_client.get(address(model, "change", first.pk)).status_code == 200
    assert support_client.get(address(model, "add")).status_code == 200


def test_the_number_of_queries_of_a_list_does_not_grow(
    support_client: Client, django_assert_max_num_queries: Any
) -> None:
    seed_records()
    with django_assert_max_num_queries(14):
        support_client.get(address("invoice", "changelist"))


def test_a_correction_goes_through_the_door(support_client: Client, support: Any, customer: Any) -> None:
    url = address("customer", "change", customer.pk)
    data = form_of(support_client, url)
    assert support_client.post(url, {**data, "phone": "+14185550177", "billing_address_2": "Lévis"}).status_code == 302
    again = Customer.objects.get(pk=customer.pk)
    assert (again.version, again.phone, again.billing_address["city"]) == (2, "+14185550177", "Lévis")
    row = RecordHistory.objects.latest("id")
    assert set(row.changes) == {"phone", "billing_address"}
    assert (row.origin, row.origin_label) == (f"user:{support.pk}", str(support))
    assert Event.objects.filter(type="customer.updated").count() == 1


def test_a_form_sent_back_unchanged_changes_nothing(support_client: Client) -> None:
    seed_records()
    for kind in ("customer", "job", "invoice", "payment", "expense", "opportunity"):
        record = KINDS[kind].model.objects.first()
        assert record is not None
        url = address(kind, "change", record.pk)
        assert support_client.post(url, form_of(support_client, url)).status_code == 302, kind
        assert KINDS[kind].model.objects.get(pk=record.pk).version == record.version, kind


def test_a_record_can_be_entered_with_its_divisions(support_client: Client) -> None:
    one, two = create("division", code="un", name="Un"), create("division", code="deux", name="Deux")
    url = address("customer", "add")
    data = form_of(support_client, url)
    response = support_client.post(url, {**data, "name": "Nouvelle", "divisions": [one.pk, two.pk]})
    assert response.status_code == 302
    record = Customer.objects.get()
    assert (record.name, record.version) == ("Nouvelle", 1)
    assert value_of(record, KINDS["customer"].fields["divisions"]) == sorted([one.pk, two.pk])
    url = address("customer", "change", record.pk)
    data = form_of(support_client, url)
    assert sorted(map(str, data["divisions"])) == sorted([str(one.pk), str(two.pk)])
    support_client.post(url, {**data, "divisions": [two.pk]})
    assert value_of(Customer.objects.get(), KINDS["customer"].fields["divisions"]) == [two.pk]


def test_lines_are_edited_with_their_record(support_client: Client, customer: Any) -> None:
    invoice = create(
        "invoice", customer=customer.pk, lines=[{"description": "A", "remote_ids": {"42": "a"}}, {"description": "B"}]
    )
    url = address("invoice", "change", invoice.pk)
    data = form_of(support_client, url)
    data |= {"lines-0-subtotal": "12.50", "lines-1-DELETE": "on", "memo": "corrigée"}
    assert support_client.post(url, data).status_code == 302
    again = Invoice.objects.get()
    (line,) = again.lines.all()
    assert (line.description, line.subtotal, line.remote_ids) == ("A", Decimal("12.50"), {"42": "a"})
    assert (again.version, again.memo) == (2, "corrigée")
    assert set(RecordHistory.objects.latest("id").changes) == {"lines", "memo"}


def test_someone_who_was_faster_is_announced_in_french_and_not_overwritten(
    support_client: Client, customer: Any
) -> None:
    url = address("customer", "change", customer.pk)
    data = form_of(support_client, url)
    update(customer, phone="+14185550100")
    response = support_client.post(url, {**data, "name": "Trop tard"})
    assert response.status_code == 200
    assert "Cet enregistrement a été modifié pendant que vous le corrigiez" in response.content.decode()
    assert Customer.objects.get().name == "Garage Ste-Foy"


def test_a_conflict_between_check_and_write_is_announced_too(
    support_client: Client, customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.records.admin_forms import RecordForm

    url = address("customer", "change", customer.pk)
    data = form_of(support_client, url)
    monkeypatch.setattr(RecordForm, "_check_version", lambda form, cleaned: None)
    update(customer, phone="+14185550100")
    response = support_client.post(url, {**data, "name": "Trop tard"}, follow=True)
    assert "rien n’a été enregistré" in response.content.decode()
    assert Customer.objects.get().name == "Garage Ste-Foy"


def test_a_wrong_value_is_explained_next_to_its_field(support_client: Client, customer: Any) -> None:
    url = address("customer", "change", customer.pk)
    response = support_client.post(url, {**form_of(support_client, url), "custom": "[1]"})
    assert response.context["adminform"].form.errors == {"custom": ["Un objet JSON est attendu."]}


def test_a_number_in_use_is_explained(support_client: Client) -> None:
    create("job", title="A", number="T-1")
    url = address("job", "add")
    data = {**form_of(support_client, url), "title": "B", "number": "T-1"}
    response = support_client.post(url, data)
    assert response.status_code == 200 and "Ce numéro existe déjà." in response.content.decode()
    assert Job.objects.count() == 1


def test_records_are_archived_and_restored_but_never_deleted(administrator_client: Client, customer: Any) -> None:
    url = address("customer", "changelist")
    assert administrator_client.post(address("customer", "delete", customer.pk), {"post": "yes"}).status_code == 403
    chosen = {"action": "archive", "_selected_action": [str(customer.pk)]}
    response = administrator_client.post(url, chosen, follow=True)
    assert "1 enregistrement archivé." in response.content.decode()
    assert Customer.objects.get().archived_at
    assert "Garage Ste-Foy" not in administrator_client.get(url).content.decode()
    archived = administrator_client.get(url, {"archived": "yes"}).content.decode()
    assert "Garage Ste-Foy" in archived and "En vigueur" in archived
    restore = {**chosen, "action": "restore"}
    administrator_client.post(f"{url}?archived=yes", restore)
    assert Customer.objects.get().archived_at is None
    assert Event.objects.filter(type="customer.deleted").count() == 1


def test_a_record_whose_number_was_taken_meanwhile_cannot_be_restored(support_client: Client) -> None:
    from tests.records.conftest import change

    old = create("job", title="A", number="T-1")
    change("job", old.pk, "archive")
    create("job", title="B", number="T-1")
    url = f"{address('job', 'changelist')}?archived=yes"
    response = support_client.post(url, {"action": "restore", "_selected_action": [str(old.pk)]}, follow=True)
    assert "porte déjà le même numéro" in response.content.decode()


def test_history_and_events_are_for_reading(administrator_client: Client, customer: Any) -> None:
    update(customer, phone="+14185550100")
    history = administrator_client.get(address("customer", "history", customer.pk), follow=True)
    text = history.content.decode()
    assert "Zoé Tremblay (user:7)" in text and "phone" in text
    row, event = RecordHistory.objects.latest("id"), Event.objects.latest("id")
    for model, record in (("recordhistory", row), ("event", event)):
        url = address(model, "change", record.pk)
        page = administrator_client.get(url)
        assert page.status_code == 200 and "+14185550100" in page.content.decode()
        assert administrator_client.post(url, {}).status_code == 403
        assert administrator_client.get(address(model, "add")).status_code == 403


def test_people_without_the_role_see_nothing(client: Client, customer: Any) -> None:
    assert client.get(address("customer", "changelist")).status_code == 302
