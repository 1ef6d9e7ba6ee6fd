"""Two customers become one: everything that spoke of the loser speaks of the survivor, and no duplicate comes back."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from integrations import services
from integrations.core.models import AuditEvent
from integrations.models import Integration, JobStatus, LinkState, PushOperation, RecordLink, RecordMerge
from integrations.records import duplicates
from integrations.records.models import Customer, Event, Invoice, RecordHistory
from integrations.records.services import Change, Origin, apply
from integrations.services import Refused
from integrations.sync import links as linking
from integrations.sync import merging
from integrations.sync.page import records as page_records
from tests.integrations import rows
from tests.integrations.conftest import Synchronise
from tests.integrations.quickbooks import there, writes
from tests.integrations.test_quickbooks import USER, link_of, quickbooks  # noqa: F401

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


def merge(survivor: Any, *losers: Any, actor: Any, **picks: Any) -> Any:
    everyone = [survivor, *losers]
    for record in everyone:
        record.refresh_from_db()
    return services.merge_customers(
        survivor.pk,
        [loser.pk for loser in losers],
        {name: record.pk for name, record in picks.items()},
        versions={record.pk: record.version for record in everyone},
        actor=actor,
    )


@pytest.fixture
def two(quickbooks: Integration) -> tuple[Customer, Customer]:
    """A customer to keep, and one with invoices that is the same."""
    loser = Customer.objects.get(pk=Invoice.objects.order_by("pk")[0].customer_id)
    survivor = Customer.objects.exclude(pk=loser.pk).order_by("pk")[0]
    return survivor, loser


# --- On the platform ------------------------------------------------------------------------------------------------


def test_whatever_refers_to_the_loser_refers_to_the_survivor_and_the_history_says_so(administrator: Any) -> None:
    survivor, loser = rows.record("customer", name="Côté"), rows.record("customer", name="Coté", phone="+15145550142")
    contact = rows.record("contact", name="Luc", customer=loser.pk)
    job = rows.record("job", title="Toiture", customer=loser.pk)
    bill = rows.record("invoice", number="F-1", customer=loser.pk)
    paid = rows.record("payment", amount="10", customer=loser.pk)
    done = merge(survivor, loser, actor=administrator, phone=loser)
    for record in (contact, job, bill, paid):
        record.refresh_from_db()
        assert record.customer_id == survivor.pk
        newest = RecordHistory.objects.filter(record_id=record.pk).order_by("-version")[0]
        assert newest.changes == {"customer": [str(loser.pk), str(survivor.pk)]}
        assert newest.origin == f"user:{administrator.pk}" and "fusion" in newest.origin_label
    survivor.refresh_from_db()
    assert (survivor.name, survivor.phone, done.references) == ("Côté", "+15145550142", 4)
    assert not Customer.objects.live().filter(pk=loser.pk).exists()
    told = Event.objects.filter(kind="customer").order_by("id").values_list("type", "record_id")
    assert set(list(told)[-2:]) == {("customer.updated", survivor.pk), ("customer.deleted", loser.pk)}
    act = AuditEvent.objects.get(action="customers.merged")
    assert act.after is not None and act.after["references"] == 4 and str(loser.pk) in str(act.before)


def test_every_reference_to_a_customer_is_one_that_a_merge_knows() -> None:
    from django.db.models import ForeignKey

    from integrations.records.kinds import KINDS

    known = {(kind.model, info.name) for kind, info in merging.referring_fields(KINDS["customer"])}
    own = {("CustomerDivision", "customer")}
    there = {
        (relation.related_model, relation.field.name)
        for relation in Customer._meta.related_objects
        if isinstance(relation.field, ForeignKey)
    }
    assert {(m, f) for m, f in there if (m.__name__, f) not in own} == known


def test_divisions_of_all_are_kept(administrator: Any) -> None:
    one, two_ = rows.record("division", code="a", name="A"), rows.record("division", code="b", name="B")
    survivor = rows.record("customer", name="Roy", divisions=[one.pk])
    merge(survivor, rows.record("customer", name="Roy", divisions=[two_.pk]), actor=administrator)
    assert set(survivor.divisions.values_list("division_id", flat=True)) == {one.pk, two_.pk}


def test_a_merge_of_what_changed_meanwhile_is_refused_whole(administrator: Any) -> None:
    survivor, loser = rows.record("customer", name="Roy"), rows.record("customer", name="Roi")
    apply([Change("customer", loser.pk, values={"name": "Roy-Côté"})], USER)
    with pytest.raises(Refused, match="changé"):
        services.merge_customers(
            survivor.pk, [loser.pk], {}, versions={survivor.pk: 1, loser.pk: 1}, actor=administrator
        )
    assert not RecordMerge.objects.exists() and Customer.objects.live().count() == 2
    merge(survivor, loser, actor=administrator)
    with pytest.raises(Refused, match="fusionné"):
        merge(survivor, loser, actor=administrator)
    with pytest.raises(Refused, match="différents"):
        merge(survivor, survivor, actor=administrator)


def test_a_survivor_can_be_merged_in_its_turn(administrator: Any) -> None:
    first, second, third = (rows.record("customer", name=name) for name in ("A", "B", "C"))
    merge(second, first, actor=administrator)
    late = rows.record("job", title="En retard", customer=first.pk)
    merge(third, second, actor=administrator)
    services.settle_merges()
    late.refresh_from_db()
    assert late.customer_id == third.pk


# --- At the providers -----------------------------------------------------------------------------------------------


def test_at_one_provider_the_other_object_stays_and_its_changes_come_in(
    quickbooks: Integration,
    two: tuple[Customer, Customer],
    synchronise: Synchronise,
    simulator: Control,
    administrator: Any,
) -> None:
    survivor, loser = two
    kept, other = link_of(survivor.pk).remote_id, link_of(loser.pk).remote_id
    bills = set(Invoice.objects.filter(customer=loser).values_list("pk", flat=True))
    assert bills
    simulator.forget_requests(slug="quickbooks")
    merge(survivor, loser, actor=administrator)
    states = dict(RecordLink.objects.filter(record_id=survivor.pk).values_list("remote_id", "state"))
    assert states == {kept: LinkState.LIVE, other: LinkState.MERGED}
    # Nothing is rewritten there because two of our records became one.
    job = synchronise(quickbooks)
    assert (job.status, writes(simulator)) == (JobStatus.COMPLETED, [])
    assert bills <= set(Invoice.objects.filter(customer=survivor).values_list("pk", flat=True))
    # What changes there comes in, and nobody is created anew.
    customers = Customer.objects.count()
    simulator.edit("Customer", other, slug="quickbooks", PrimaryEmailAddr={"Address": "nouvelle@exemple.ca"})
    synchronise(quickbooks)
    survivor.refresh_from_db()
    assert survivor.email == "nouvelle@exemple.ca" and Customer.objects.count() == customers
    # The survivor's own object gets it too, then all is quiet; the other one goes without taking the survivor along.
    synchronise(quickbooks)
    assert there(simulator, "Customer")[kept]["PrimaryEmailAddr"]["Address"] == "nouvelle@exemple.ca"
    simulator.edit("Customer", other, slug="quickbooks", Active=False)
    synchronise(quickbooks)
    assert Customer.objects.live().filter(pk=survivor.pk).exists()
    synchronise(quickbooks, full=True)
    assert Customer.objects.count() == customers
    simulator.forget_requests(slug="quickbooks")
    assert synchronise(quickbooks).succeeded == 0 and writes(simulator) == []


def test_an_object_that_only_the_loser_had_becomes_the_survivors_and_gets_its_values(
    quickbooks: Integration,
    two: tuple[Customer, Customer],
    synchronise: Synchronise,
    simulator: Control,
    administrator: Any,
) -> None:
    _, loser = two
    other = link_of(loser.pk).remote_id
    survivor = rows.record("customer", USER, name="Le bon nom", email="bon@exemple.ca")
    PushOperation.objects.filter(record_id=survivor.pk).delete()
    customers = len(there(simulator, "Customer"))
    merge(survivor, loser, actor=administrator)
    assert link_of(survivor.pk).state == LinkState.LIVE
    assert not PushOperation.objects.filter(record_id=loser.pk).exists()
    synchronise(quickbooks)
    assert there(simulator, "Customer")[other]["PrimaryEmailAddr"]["Address"] == "bon@exemple.ca"
    assert len(there(simulator, "Customer")) == customers


def test_the_answer_to_a_write_that_was_under_way_finds_the_survivor(
    quickbooks: Integration,
    two: tuple[Customer, Customer],
    synchronise: Synchronise,
    simulator: Control,
    administrator: Any,
    monkeypatch: Any,
) -> None:
    survivor, loser = two
    apply([Change("customer", loser.pk, values={"phone": "+15145550123"})], USER)
    from integrations.sync.landing import Landing

    whole = Landing.store_answers

    def merged_first(self: Landing, answers: Any) -> None:
        monkeypatch.setattr(Landing, "store_answers", whole)
        merge(survivor, loser, actor=administrator)
        whole(self, answers)

    monkeypatch.setattr(Landing, "store_answers", merged_first)
    assert synchronise(quickbooks).status == JobStatus.COMPLETED
    services.settle_merges()
    assert not RecordLink.objects.filter(record_id=loser.pk).exists()
    assert not Customer.objects.live().filter(pk=loser.pk).exists()


# --- While a synchronisation runs -----------------------------------------------------------------------------------


def in_thread(function: Any) -> threading.Thread:
    def run() -> None:
        try:
            function()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.postgres
def test_a_page_that_had_read_its_links_before_the_merge_changes_the_survivor(
    quickbooks: Integration,
    two: tuple[Customer, Customer],
    synchronise: Synchronise,
    simulator: Control,
    administrator: Any,
    monkeypatch: Any,
) -> None:
    survivor, loser = two
    simulator.edit(
        "Customer", link_of(loser.pk).remote_id, slug="quickbooks", PrimaryPhone={"FreeFormNumber": "+15145550177"}
    )
    read, merged, whole = threading.Event(), threading.Event(), page_records.lock
    here = threading.current_thread()

    def slow(wanted: Any) -> Any:
        if threading.current_thread() is not here and loser.pk in wanted.get("customer", ()) and not merged.is_set():
            read.set()
            assert merged.wait(20)
        return whole(wanted)

    monkeypatch.setattr(page_records, "lock", slow)
    thread = in_thread(lambda: synchronise(quickbooks))
    assert read.wait(20)
    merge(survivor, loser, actor=administrator)
    merged.set()
    thread.join(60)
    survivor.refresh_from_db()
    assert survivor.phone == "+15145550177"
    assert not Customer.objects.live().filter(pk=loser.pk).exists()
    assert not RecordLink.objects.filter(record_id=loser.pk).exists()


@pytest.mark.postgres
def test_a_document_that_was_read_before_the_merge_finds_the_survivor(
    quickbooks: Integration,
    two: tuple[Customer, Customer],
    synchronise: Synchronise,
    simulator: Control,
    administrator: Any,
    monkeypatch: Any,
) -> None:
    survivor, loser = two
    some = next(iter(there(simulator, "Invoice").values()))
    body = {name: some[name] for name in ("Line", "TxnDate", "DueDate") if name in some}
    simulator.create(
        "Invoice", slug="quickbooks", CustomerRef={"value": link_of(loser.pk).remote_id}, DocNumber="T-1", **body
    )
    read, merged, whole = threading.Event(), threading.Event(), linking.targets

    def slow(*args: Any) -> Any:
        found = whole(*args)
        if loser.pk in found.values() and not merged.is_set():
            read.set()
            assert merged.wait(20)
        return found

    monkeypatch.setattr(linking, "targets", slow)
    thread = in_thread(lambda: synchronise(quickbooks))
    assert read.wait(20)
    merge(survivor, loser, actor=administrator)
    merged.set()
    thread.join(60)
    services.settle_merges()
    assert Invoice.objects.get(number="T-1").customer_id == survivor.pk
    assert not Invoice.objects.filter(customer=loser).exists()


@pytest.mark.postgres
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_lost_when_pulls_and_merges_meet_at_random(
    quickbooks: Integration,
    synchronise: Synchronise,
    simulator: Control,
    administrator: Any,
    seed: int,
) -> None:
    luck = random.Random(seed)
    quickbooks.batch_size = 3
    quickbooks.conflict_policy = "provider"
    quickbooks.save()
    edited: dict[str, str] = {}
    for round_ in range(3):
        live = list(Customer.objects.live().order_by("pk"))
        survivor, loser = luck.sample(live, 2)
        remotes = [link.remote_id for link in RecordLink.objects.filter(record_kind="customer", state="live")]
        for remote_id in luck.sample(remotes, min(4, len(remotes))):
            edited[remote_id] = f"+1514555{round_}{luck.randrange(100, 999)}"
            simulator.edit("Customer", remote_id, slug="quickbooks", PrimaryPhone={"FreeFormNumber": edited[remote_id]})
        thread = in_thread(lambda: synchronise(quickbooks))
        time.sleep(luck.random() * 0.4)
        for _ in range(3):
            try:
                merge(survivor, loser, actor=administrator)
                break
            except Refused:
                continue
        thread.join(60)
        services.settle_merges()
    synchronise(quickbooks)
    services.settle_merges()
    losers = set(RecordMerge.objects.values_list("loser_id", flat=True))
    assert losers
    assert not Invoice.objects.filter(customer__in=losers).exists()
    assert not RecordLink.objects.filter(record_id__in=losers).exists()
    assert not Customer.objects.live().filter(pk__in=losers).exists()
    by_remote = {link.remote_id: link for link in RecordLink.objects.filter(resource="customers")}
    assert len(by_remote) == RecordLink.objects.filter(resource="customers").count()
    live_there = {key for key, one in there(simulator, "Customer").items() if one["Active"]}
    assert live_there <= by_remote.keys()
    # Whoever has one object only holds what was last said there.
    alone = [k for k in edited if sum(link.record_id == by_remote[k].record_id for link in by_remote.values()) == 1]
    phones = {key: Customer.objects.get(pk=by_remote[key].record_id).phone for key in alone}
    assert phones == {key: edited[key] for key in alone}


# --- Finding and the pages ------------------------------------------------------------------------------------------


def test_duplicates_are_found_by_mail_phone_and_name_with_address() -> None:
    address = {"line1": "12, rue Côté", "city": "Laval", "province": "QC", "postal_code": "H7A 1B2", "country": "CA"}
    written = {**address, "line1": "12 rue cote", "postal_code": "h7a1b2"}
    a = rows.record("customer", name="Toitures Côté inc.", billing_address=address)
    b = rows.record("customer", name="COTE TOITURES", service_address=written)
    c = rows.record("customer", name="Luc", email="Luc@exemple.ca", phone="+15145550142")
    d = rows.record("customer", name="Lucien", email="luc@exemple.ca")
    e = rows.record("customer", name="Lucie", mobile="514 555-0142")
    gone = rows.record("customer", name="Luc", email="luc@exemple.ca")
    apply([Change("customer", gone.pk, "archive")], Origin("system"))
    rows.record("customer", name="Toitures Côté inc.")
    found = {(group.reason, group.ids) for group in duplicates.find()}
    assert found == {("email", (c.pk, d.pk)), ("phone", (c.pk, e.pk)), ("name", (a.pk, b.pk))}


def test_the_pages_find_compare_and_merge(administrator_client: Client) -> None:
    old = rows.record("customer", name="Luc Roy", email="luc@exemple.ca")
    new = rows.record("customer", name="Lucien Roy", email="luc@exemple.ca", phone="+15145550142")
    rows.link(rows.integration(name="Caisse"), "customer", new.pk, resource="customers", remote_id="cus_1")
    html = administrator_client.get(reverse("integrations:duplicates")).content.decode()
    assert "Même courriel" in html and "Lucien Roy" in html and "cus_1" in html
    address = reverse("integrations:merge")
    response = administrator_client.get(address, {"id": [str(old.pk), str(new.pk)]})
    assert response.context["kept"] == new
    html = response.content.decode()
    assert "ne s’annule pas" in html and 'name="field-name"' in html and 'name="field-email"' not in html
    form = {
        "id": [str(old.pk), str(new.pk)],
        f"version-{old.pk}": "1",
        f"version-{new.pk}": "1",
        "survivor": str(new.pk),
        "field-name": str(old.pk),
        "field-phone": str(new.pk),
    }
    response = administrator_client.post(address, form, follow=True)
    assert rows.said(response)[0].startswith("Les clients sont fusionnés")
    new.refresh_from_db()
    assert (new.name, new.phone) == ("Luc Roy", "+15145550142")
    html = administrator_client.get(reverse("integrations:record", args=["customer", old.pk])).content.decode()
    assert "a été fusionné dans" in html and str(new.pk) in html
    assert "archivé" in rows.said(administrator_client.post(address, form, follow=True))[0]
    assert "Aucun doublon" in administrator_client.get(reverse("integrations:duplicates")).content.decode()


def test_fewer_than_two_ticked_customers_are_not_compared(administrator_client: Client) -> None:
    one = rows.record("customer", name="Luc Roy")
    for asked in ({}, {"id": [str(one.pk)]}):
        response = administrator_client.get(reverse("integrations:merge"), asked, follow=True)
        assert response.redirect_chain[-1][0] == reverse("integrations:duplicates")
        assert rows.said(response) == ["Cochez au moins deux clients à comparer."]


def test_a_page_of_duplicates_costs_the_same_for_one_group_and_for_many(administrator_client: Client) -> None:
    address = reverse("integrations:duplicates")

    def group(number: int) -> None:
        for _ in range(2):
            rows.record("customer", name="X", email=f"{number}@exemple.ca")

    group(0)
    few = rows.statements(administrator_client, address)
    for number in range(1, 9):
        group(number)
    assert rows.statements(administrator_client, address) == few


def test_a_settling_pass_costs_one_query_when_nothing_was_merged_lately() -> None:
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        assert services.settle_merges() == 0
    assert len(captured) == 1


def test_a_loser_that_somebody_restores_is_a_customer_again(administrator: Any) -> None:
    first, second = rows.record("customer", name="A"), rows.record("customer", name="B")
    merge(second, first, actor=administrator)
    apply([Change("customer", first.pk, "restore")], USER)
    own = rows.record("job", title="À lui", customer=first.pk)
    services.settle_merges()
    own.refresh_from_db()
    assert own.customer_id == first.pk
    merge(first, second, actor=administrator)
    late = rows.record("job", title="En retard", customer=second.pk)
    services.settle_merges()
    late.refresh_from_db()
    assert late.customer_id == first.pk
    assert list(RecordMerge.objects.values_list("loser_id", flat=True)) == [second.pk]
