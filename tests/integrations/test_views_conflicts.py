"""Conflicts: both sides shown beside each other, settled one by one or many at once."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.core.models import AuditEvent
from integrations.models import Conflict, PushOperation
from integrations.records.models import Tenant
from tests.integrations import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def both() -> Any:
    """An integration that goes both ways."""
    return rows.integration(direction="both")


def page(client: Client, of: Any, query: str = "") -> str:
    return client.get(reverse("integrations:conflicts", args=[of.pk]) + query).content.decode()


def resolve(client: Client, of: Any, data: dict[str, Any], **options: Any) -> Any:
    return client.post(reverse("integrations:resolve_conflicts", args=[of.pk]), data, **options)


def test_a_conflict_shows_both_sides_and_who_changed_what(both: Any, administrator: Any) -> None:
    conflict = rows.conflict(both)
    from integrations.records.services import Change, Origin, apply

    origin = Origin("user", str(administrator.pk), label=administrator.email)
    apply([Change("tenant", conflict.record_id, values={"given_name": "Alix"})], origin)
    client = Client()
    client.force_login(administrator)
    html = page(client, both)
    for value in ("Zoé", "Alice0", "Béatrice0", "Prénom", administrator.email):
        assert value in html
    assert reverse("integrations:record", args=["tenant", conflict.record_id]) in html
    assert f'value="{conflict.pk}:platform"' in html
    assert f'value="{conflict.pk}:provider"' in html


def test_the_badge_the_card_and_the_overview_count_what_waits(both: Any, administrator_client: Client) -> None:
    rows.conflict(both)
    rows.conflict(both, 1)
    rows.conflict(both, 2, state="resolved", resolution="platform")
    detail = administrator_client.get(reverse("integrations:detail", args=[both.pk])).content.decode()
    assert 'Conflits <span class="count warn">2</span>' in detail
    assert "2\xa0conflits attendent votre décision" in detail
    assert "2\xa0conflits à résoudre" in administrator_client.get("/integrations").content.decode()


def test_an_integration_that_only_receives_has_no_such_section(administrator_client: Client) -> None:
    made = rows.integration()
    html = administrator_client.get(reverse("integrations:detail", args=[made.pk])).content.decode()
    assert ">Conflits" not in html
    assert ">Envois" not in html


def test_the_provider_wins_one(both: Any, administrator_client: Client) -> None:
    conflict = rows.conflict(both)
    response = resolve(administrator_client, both, {"one": f"{conflict.pk}:provider"}, follow=True)
    assert rows.said(response) == ["1\xa0conflit résolu : la valeur de ROVIDA est reprise sur la plateforme."]
    assert Tenant.objects.get(pk=conflict.record_id).given_name == "Béatrice0"
    assert AuditEvent.objects.filter(action="conflict.resolved").count() == 1
    assert "Aucun conflit" in page(administrator_client, both)
    assert "Béatrice0" in page(administrator_client, both, "?state=resolved")


def test_the_platform_wins_many_at_once(both: Any, administrator_client: Client) -> None:
    first, second, third = (rows.conflict(both, number) for number in range(3))
    PushOperation.objects.all().delete()
    response = resolve(
        administrator_client, both, {"side": "platform", "conflict": [first.pk, second.pk]}, headers=rows.FRAGMENT
    )
    html = response.content.decode()
    assert "<html" not in html
    assert "2\xa0conflits résolus : la valeur de la plateforme sera envoyée à ROVIDA." in html
    assert 'id="sections" hx-swap-oob="true"' in html
    assert list(Conflict.objects.filter(state="open")) == [third]
    assert set(PushOperation.objects.values_list("record_id", flat=True)) == {first.record_id, second.record_id}


@pytest.mark.parametrize("data", [{"side": "platform"}, {"one": "x:platform"}, {"side": "provider", "conflict": ["0"]}])
def test_nothing_chosen_is_told(data: dict[str, Any], both: Any, administrator_client: Client) -> None:
    rows.conflict(both)
    response = resolve(administrator_client, both, data, follow=True)
    assert rows.said(response) == ["Aucun conflit à résoudre n’est choisi. Cochez-en au moins un, puis recommencez."]
    assert Conflict.objects.filter(state="open").count() == 1


def test_a_conflict_of_another_integration_is_out_of_reach(both: Any, administrator_client: Client) -> None:
    other = rows.conflict(rows.integration(direction="both"))
    resolve(administrator_client, both, {"one": f"{other.pk}:platform"})
    other.refresh_from_db()
    assert other.state == "open"


def test_a_value_that_the_platform_refuses_is_told(both: Any, administrator_client: Client) -> None:
    conflict = rows.conflict(both, remote="B" * 101)
    response = resolve(administrator_client, both, {"one": f"{conflict.pk}:provider"}, follow=True)
    assert rows.said(response)[0].startswith("La plateforme refuse la valeur du fournisseur pour « Prénom »")
    assert Conflict.objects.filter(state="open").count() == 1


def test_a_difference_of_amounts_is_information_to_take_note_of(both: Any, administrator_client: Client) -> None:
    total = rows.conflict(both, code="total", field="balance", local="114.98", remote="114.97")
    choice = rows.conflict(both, 1)
    html = page(administrator_client, both)
    assert "Écart de calcul" in html
    assert "114,97\xa0$" in html
    assert f'value="{total.pk}:platform"' not in html
    # It cannot be chosen among the others either.
    resolve(administrator_client, both, {"side": "platform", "conflict": [total.pk, choice.pk]}, follow=True)
    total.refresh_from_db()
    assert total.state == "open"
    response = resolve(administrator_client, both, {"one": f"{total.pk}:seen"}, follow=True)
    assert rows.said(response) == ["1\xa0écart pris en note."]
    assert "Vu ·" in page(administrator_client, both, "?state=resolved")


def test_everything_can_be_ticked_without_scripts(both: Any, administrator_client: Client) -> None:
    rows.conflict(both)
    assert 'href="?page=1&amp;all=1"' in page(administrator_client, both)
    assert " checked" in page(administrator_client, both, "?all=1")


def test_the_list_costs_the_same_for_three_rows_and_for_twenty_five(both: Any, administrator_client: Client) -> None:
    address = reverse("integrations:conflicts", args=[both.pk])
    for number in range(3):
        rows.conflict(both, number)
    few = rows.statements(administrator_client, address)
    for number in range(27):
        rows.conflict(both, number)
    assert rows.statements(administrator_client, address) == few <= 11


def test_each_conflict_of_the_page_can_have_its_own_choice(both: Any, administrator_client: Client) -> None:
    first, second, third = (rows.conflict(both, number) for number in range(3))
    choices = {"side": "each", f"choice-{first.pk}": "platform", f"choice-{second.pk}": "provider"}
    response = resolve(administrator_client, both, choices, follow=True)
    assert rows.said(response) == [
        "1\xa0conflit résolu : la valeur de la plateforme sera envoyée à ROVIDA.",
        "1\xa0conflit résolu : la valeur de ROVIDA est reprise sur la plateforme.",
    ]
    given = {c.pk: Tenant.objects.get(pk=c.record_id).given_name for c in (first, second, third)}
    assert given == {first.pk: "Alice0", second.pk: "Béatrice1", third.pk: "Alice2"}
    assert list(Conflict.objects.filter(state="open")) == [third]
    response = resolve(administrator_client, both, {"side": "each", f"choice-{third.pk}": "nobody"}, follow=True)
    assert rows.said(response)[0].startswith("Aucun côté n’est choisi.")


def test_everything_that_the_list_is_narrowed_to_is_settled_at_once(both: Any, administrator_client: Client) -> None:
    names = [rows.conflict(both, number) for number in range(30)]
    phone = rows.conflict(both, 30, field="phone", local="+15145550001", remote="+15145550002")
    html = page(administrator_client, both, "?field=tenant.given_name")
    assert f'value="{names[-1].pk}:platform"' in html and f'value="{phone.pk}:platform"' not in html
    assert "Tous les 30 de ce champ" in html
    data = {"side": "all-platform", "field": "tenant.given_name"}
    response = resolve(administrator_client, both, data, follow=True)
    assert rows.said(response) == ["30\xa0conflits résolus : la valeur de la plateforme sera envoyée à ROVIDA."]
    assert list(Conflict.objects.filter(state="open")) == [phone]


def test_a_filter_that_does_not_exist_narrows_nothing(both: Any, administrator_client: Client) -> None:
    conflict = rows.conflict(both)
    for query in ("?field=tenant.nothing", "?field=x", "?field="):
        assert f'value="{conflict.pk}:platform"' in page(administrator_client, both, query)


def test_a_field_without_conflicts_leads_to_the_others(administrator_client: Client) -> None:
    both = rows.integration(direction="both")
    rows.conflict(both)
    html = page(administrator_client, both, "?field=tenant.phone")
    assert "Aucun conflit pour ce champ." in html
    assert "1\xa0autre conflit" in html
    assert "s’accordent" not in html
