"""Account mapping: what is offered, proposed, added, refused and saved."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connectors.base.errors import Transient
from integrations import services
from integrations.core.models import AuditEvent
from integrations.forms.slots import COLUMNS
from integrations.models import Integration, RemoteOption, SlotRule
from tests.integrations import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def books() -> Integration:
    """An accounting integration whose lists were read."""
    made = rows.integration(provider="quickbooks", direction="both")
    rows.option(made, "item", "Main-d’œuvre", remote_id="7")
    rows.option(made, "item", "Ancien service", remote_id="8", active=False)
    rows.option(made, "tax_code", "TPS/TVQ QC", remote_id="3", data={"code": "gst_qst", "rates": ["5", "9.975"]})
    rows.option(made, "account", "1000 Compte courant", remote_id="35", data={"type": "Bank"})
    rows.option(made, "account", "5010 Sous-traitance", remote_id="60", data={"classification": "Expense"})
    return made


def address(of: Integration) -> str:
    return reverse("integrations:slots", args=[of.pk])


def posted(*chosen: tuple[str, ...], **more: str) -> dict[str, Any]:
    """What a browser posts: (slot, fixed, division, job_type, value, choice) for each row."""
    return {name: [row[place] for row in chosen] for place, name in enumerate(COLUMNS)} | more


def block(html: str, key: str) -> str:
    """The part of the page that is about one slot."""
    return html.partition(f'id="slot-{key}"')[2].partition("</fieldset>")[0]


def offered(html: str, key: str) -> list[str]:
    select = block(html, key).partition('name="choice"')[2].partition("</select>")[0]
    return re.findall(r"<option[^>]*>([^<]+)</option>", select)[1:]


def test_active_elements_that_suit_the_slot_are_offered(books: Integration, administrator_client: Client) -> None:
    html = administrator_client.get(address(books)).content.decode()
    assert offered(html, "invoices-item") == ["Main-d’œuvre"]
    assert offered(html, "payments-DepositToAccountRef") == ["1000 Compte courant"]
    assert offered(html, "bills-account") == ["5010 Sous-traitance"]
    assert "Listes lues" in html
    assert "Sans choix, les envois qui en ont besoin sont refusés." in block(html, "invoices-item")


def test_tax_codes_speak_french_and_what_tells_by_itself_is_proposed(
    books: Integration, administrator_client: Client
) -> None:
    taxes = block(administrator_client.get(address(books)).content.decode(), "invoices-tax_code")
    for label in ("TPS et TVQ", "TPS seulement", "TVQ seulement", "TVH", "Détaxé", "Exonéré"):
        assert f">{label}" in taxes
    assert taxes.count("Proposé") == 1
    assert '<option value="3" selected>TPS/TVQ QC</option>' in taxes
    assert not SlotRule.objects.exists(), "a person confirms by saving"


def test_a_default_and_more_precise_rules_are_saved(books: Integration, administrator_client: Client) -> None:
    division = rows.record("division", name="Plomberie", code="plomberie")
    rule = ("invoices.item", "", str(division.pk), "urgence", "4000", "7")
    data = posted(("invoices.item", "1", "", "", "", "7"), ("invoices.tax_code", "1", "", "", "gst_qst", "3"), rule)
    response = administrator_client.post(address(books), data, follow=True)
    assert rows.said(response) == ["La correspondance des comptes est enregistrée."]
    saved = SlotRule.objects.order_by("id").values_list("slot", "division", "job_type", "local_value", "remote_id")
    assert list(saved) == [
        ("item", None, "", "", "7"),
        ("item", division.pk, "urgence", "4000", "7"),
        ("tax_code", None, "", "gst_qst", "3"),
    ]
    assert AuditEvent.objects.filter(action="integration.slots_changed").count() == 1

    shown = administrator_client.get(address(books)).content.decode()
    assert 'value="urgence"' in block(shown, "invoices-item")
    assert "Proposé" not in block(shown, "invoices-tax_code")
    assert "Sans choix" not in block(shown, "invoices-item")


def test_saving_what_is_shown_changes_nothing(books: Integration, administrator_client: Client) -> None:
    data = posted(("invoices.item", "1", "", "", "", "7"), ("payments.PaymentMethodRef", "", "", "x", "cash", "9"))
    SlotRule.objects.create(integration=books, resource="invoices", slot="item", remote_id="7")
    SlotRule.objects.create(
        integration=books, resource="payments", slot="PaymentMethodRef", remote_id="9", job_type="x", local_value="cash"
    )
    before = sorted(SlotRule.objects.values_list("slot", "job_type", "local_value", "remote_id"))
    administrator_client.post(address(books), data)
    assert sorted(SlotRule.objects.values_list("slot", "job_type", "local_value", "remote_id")) == before


@pytest.mark.parametrize("headers", [{}, rows.FRAGMENT])
def test_a_rule_is_added_and_taken_out_without_saving(
    headers: dict[str, str], books: Integration, administrator_client: Client
) -> None:
    typed = ("invoices.item", "", "", "urgence", "", "7")
    response = administrator_client.post(address(books), posted(typed, add_rule="invoices.item"), headers=headers)
    html = response.content.decode()
    assert ("<html" in html) == (not headers)
    assert block(html, "invoices-item").count('class="slot-rule"') == 2
    number = re.search(r'id="remove-(\d+)"', block(html, "invoices-item"))
    assert number is not None
    data = posted(typed, remove_rule=number[1])
    html = administrator_client.post(address(books), data, headers=headers).content.decode()
    assert 'class="slot-rule"' not in block(html, "invoices-item")
    assert not SlotRule.objects.exists()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("invoices.item", "", "", "urgence", "", ""), "Choisissez ce que reçoit « Article ou service »"),
        (("invoices.item", "", "", "", "", "7"), "Précisez au moins un critère"),
        (("invoices.item", "1", "", "", "", "8"), "Cet élément n’est pas offert."),
        (("bills.account", "1", "", "", "", "35"), "Cet élément n’est pas offert."),
        (("invoices.item", "", "nonsense", "", "", "7"), "Cette division n’existe plus."),
        (("invoices.tax_code", "", "", "", "vat", "3"), "Cette valeur n’existe pas sur la plateforme."),
        (("invoices.item", "", "", "x" * 61, "", "7"), "Au plus 60 caractères."),
    ],
)
def test_a_rule_that_cannot_be_is_explained(
    row: tuple[str, ...], sentence: str, books: Integration, administrator_client: Client
) -> None:
    default = () if row[1] else ((row[0], "1", "", "", "", ""),)
    html = administrator_client.post(address(books), posted(*default, row)).content.decode()
    assert sentence in html
    assert "Rien n’a été enregistré" in html
    assert not SlotRule.objects.exists()


def test_the_same_rule_twice_is_refused(books: Integration, administrator_client: Client) -> None:
    row = ("invoices.item", "", "", "urgence", "", "7")
    html = administrator_client.post(address(books), posted(row, row)).content.decode()
    assert html.count("Cette règle est déjà dans la liste.") == 1


def test_an_untouched_new_rule_is_no_mistake(books: Integration, administrator_client: Client) -> None:
    assert administrator_client.post(address(books), posted(("invoices.item", "", "", "", "", ""))).status_code == 302


def test_a_page_that_arrives_incomplete_saves_nothing(books: Integration, administrator_client: Client) -> None:
    SlotRule.objects.create(integration=books, resource="invoices", slot="item", remote_id="7")
    html = administrator_client.post(address(books), {"slot": ["invoices.item"]}).content.decode()
    assert "La page est arrivée incomplète" in html
    assert SlotRule.objects.count() == 1


def test_a_rule_whose_element_became_inactive_is_flagged_and_kept(
    books: Integration, administrator_client: Client
) -> None:
    SlotRule.objects.create(integration=books, resource="invoices", slot="item", remote_id="8")
    SlotRule.objects.create(integration=books, resource="bills", slot="account", remote_id="999")
    html = administrator_client.get(address(books)).content.decode()
    assert "« Ancien service » est devenu inactif chez QuickBooks." in block(html, "invoices-item")
    assert '<option value="8" selected>Ancien service (non offert)</option>' in block(html, "invoices-item")
    assert "n’est plus dans les listes de QuickBooks" in block(html, "bills-account")
    kept = posted(("invoices.item", "1", "", "", "", "8"))
    assert administrator_client.post(address(books), kept).status_code == 302
    assert SlotRule.objects.get().remote_id == "8"


def test_lists_are_read_again_and_a_failure_is_told(
    books: Integration, administrator_client: Client, monkeypatch: Any
) -> None:
    again = reverse("integrations:refresh_options", args=[books.pk])
    monkeypatch.setattr(services, "refresh_options", lambda integration, *, actor: 49)
    assert rows.said(administrator_client.post(again, follow=True)) == [
        "Listes de QuickBooks actualisées : 49\xa0éléments."
    ]

    def fail(integration: Any, *, actor: Any) -> int:
        raise Transient("QuickBooks ne répond pas. Réessayez dans quelques minutes.")

    monkeypatch.setattr(services, "refresh_options", fail)
    assert rows.said(administrator_client.post(again, follow=True)) == [
        "QuickBooks ne répond pas. Réessayez dans quelques minutes."
    ]


def test_lists_that_were_never_read_are_asked_for(administrator_client: Client) -> None:
    made = rows.integration(provider="quickbooks")
    html = administrator_client.get(address(made)).content.decode()
    assert "Lisez d’abord les listes de QuickBooks" in html
    assert 'name="choice"' not in html


def test_a_provider_without_slots_has_no_such_page(administrator_client: Client) -> None:
    made = rows.integration()
    assert administrator_client.get(address(made)).status_code == 404
    detail = administrator_client.get(reverse("integrations:detail", args=[made.pk])).content.decode()
    assert address(made) not in detail


def test_the_page_costs_the_same_for_few_rules_and_for_many(books: Integration, administrator_client: Client) -> None:
    def add(numbers: range) -> None:
        for number in numbers:
            RemoteOption.objects.create(
                integration=books, kind="item", remote_id=f"i{number}", label=f"Service {number}",
                updated_at="2026-11-25T00:00:00Z",
            )  # fmt: skip
            SlotRule.objects.create(
                integration=books, resource="invoices", slot="item", job_type=f"genre {number}", remote_id=f"i{number}"
            )

    add(range(3))
    few = rows.statements(administrator_client, address(books))
    add(range(3, 30))
    assert rows.statements(administrator_client, address(books)) == few <= 14
