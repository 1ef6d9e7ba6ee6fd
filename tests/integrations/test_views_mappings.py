"""How single fields are exchanged: conflict policy and transforms, saved with a trace."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.core.models import AuditEvent
from integrations.models import FieldMapping
from integrations.services import default_mappings
from tests.integrations import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def mapped() -> Any:
    """An integration with its default mappings."""
    made = rows.integration(direction="both")
    FieldMapping.objects.bulk_create(default_mappings(made))
    return made


def address(of: Any, resource: str = "tenants") -> str:
    return reverse("integrations:mappings", args=[of.pk, resource])


def mapping(of: Any, local: str) -> FieldMapping:
    return FieldMapping.objects.get(integration=of, resource="tenants", local_field=local)


def test_each_field_has_the_options_that_make_sense_for_it(mapped: Any, administrator_client: Client) -> None:
    fields = administrator_client.get(address(mapped)).context["form"].fields
    name, rent, balance = (mapping(mapped, f"tenant.{field}").pk for field in ("given_name", "rent", "balance"))
    offered = {key.partition("-")[0] for key in fields if key.endswith(f"-{name}")}
    assert offered == {"conflict_policy", "transform_in", "transform_out"}
    assert {key for key in fields if key.endswith(f"-{rent}")} == {f"conflict_policy-{rent}"}
    assert not [key for key in fields if key.endswith(f"-{balance}")], "the provider alone has a say in it"


def test_options_are_saved_and_audited(mapped: Any, administrator_client: Client) -> None:
    name = mapping(mapped, "tenant.given_name")
    data = {f"conflict_policy-{name.pk}": "platform", f"transform_in-{name.pk}": "title"}
    response = administrator_client.post(address(mapped), data, follow=True)
    assert rows.said(response) == ["1\xa0champ modifié."]
    name.refresh_from_db()
    assert (name.conflict_policy, name.transform_in, name.transform_out) == ("platform", "title", "")
    event = AuditEvent.objects.get(action="mapping.changed")
    assert event.before == {"tenant.given_name.conflict_policy": "", "tenant.given_name.transform_in": ""}
    assert event.after["tenant.given_name.conflict_policy"] == "platform"

    again = administrator_client.post(address(mapped), data, follow=True)
    assert rows.said(again) == ["Rien n’a changé."]
    assert AuditEvent.objects.filter(action="mapping.changed").count() == 1
    settings = administrator_client.get(reverse("integrations:settings", args=[mapped.pk])).content.decode()
    assert "1\xa0réglage particulier" in settings


def test_an_option_that_is_not_offered_changes_nothing(mapped: Any, administrator_client: Client) -> None:
    name, other = mapping(mapped, "tenant.given_name"), rows.integration()
    FieldMapping.objects.bulk_create(default_mappings(other))
    foreign = mapping(other, "tenant.given_name")
    response = administrator_client.post(
        address(mapped), {f"transform_in-{name.pk}": "javascript", f"transform_in-{foreign.pk}": "upper"}
    )
    assert list(response.context["form"].errors) == [f"transform_in-{name.pk}"]
    foreign.refresh_from_db()
    assert foreign.transform_in == ""


def test_embedded_records_have_their_page_and_unknown_objects_none(mapped: Any, administrator_client: Client) -> None:
    assert "Personnes-ressources" in administrator_client.get(address(mapped, "property_managers")).content.decode()
    assert administrator_client.get(address(mapped, "nonsense")).status_code == 404
