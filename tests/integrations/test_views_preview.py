"""The first synchronisation and its preview: choose a direction, look, then apply."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connectors.base.resource import Resource
from integrations.models import Integration, SyncJob
from integrations.services import request_sync
from tests.integrations import rows

pytestmark = pytest.mark.django_db

NAMED = {"action": "update", "kind": "tenant", "title": "Alice Roy"}
REPORT = {
    "in": {
        "tenants": {
            "create": 1, "update": 1, "archive": 0, "hold": 1, "fail": 1, "skip": 7, "more": False,
            "examples": [
                {"action": "fail", "title": "ten_9", "sentence": "Le champ obligatoire « Nom » est vide."},
                {**NAMED, "changes": [{"name": "status", "label": "Statut", "old": "current", "new": "past"}]},
                {**NAMED, "action": "hold",
                 "changes": [{"name": "given_name", "label": "Prénom", "old": "Alice", "new": "Béatrice"}]},
                {**NAMED, "action": "create", "changes": [
                    {"name": "unit", "label": "Logement", "old": None, "new": "01234567-89ab-7def-8123-456789abcdef"},
                    {"name": "email", "label": "Courriel", "old": None, "new": ""},
                ]},
            ],
            "titles": {"01234567-89ab-7def-8123-456789abcdef": "304 · Place Verdun"},
        }
    },
    "out": {"units": {"create": 0, "update": 2, "act": 0, "fail": 0, "examples": [], "titles": {}}},
}  # fmt: skip


def html_of(client: Client, name: str, pk: Any) -> str:
    return client.get(reverse(f"integrations:{name}", args=[pk])).content.decode()


def test_a_new_integration_invites_to_choose_a_direction_and_look_first(administrator_client: Client) -> None:
    html = html_of(administrator_client, "detail", rows.integration().pk)
    assert "Première synchronisation" in html
    assert re.findall(r'name="direction" value="(\w+)"', html) == ["in", "out", "both"]
    assert "rien n’y est jamais modifié" in html
    assert "Synchroniser" in html


@pytest.mark.parametrize("state", [{"last_sync_at": "2026-11-01T00:00:00Z"}, {"status": "inactive"}])
def test_the_invitation_is_gone_once_there_was_a_synchronisation_or_while_none_can_be(
    state: dict[str, Any], administrator_client: Client
) -> None:
    assert "Première synchronisation" not in html_of(administrator_client, "detail", rows.integration(**state).pk)


def test_only_what_the_connector_can_do_is_offered(administrator_client: Client, monkeypatch: Any) -> None:
    from connectors.rovida.connector import Rovida

    reading = Resource("tenants", "Locataires", "tenant", capabilities=frozenset({"pull"}))
    monkeypatch.setattr(Rovida, "resources", (reading,))
    made = rows.integration()
    html = html_of(administrator_client, "preview", made.pk)
    assert re.findall(r'name="direction" value="(\w+)"', html) == ["in"]
    response = administrator_client.post(reverse("integrations:preview", args=[made.pk]), {"direction": "both"})
    assert "Choisissez un des sens offerts." in response.content.decode()
    assert not SyncJob.objects.exists()


def test_a_preview_leaves_the_direction_until_it_is_applied(administrator_client: Client) -> None:
    made = rows.integration()
    response = administrator_client.post(reverse("integrations:preview", args=[made.pk]), {"direction": "both"})
    job = SyncJob.objects.get()
    made.refresh_from_db()
    assert (job.dry_run, job.direction, made.direction) == (True, "both", "in")
    assert response["Location"] == reverse("integrations:job", args=[job.pk])
    html = html_of(administrator_client, "job", job.pk)
    assert "n’écrit rien" in html
    assert "Appliquer" not in html


def test_a_preview_says_why_it_cannot_be(administrator_client: Client) -> None:
    made = rows.integration(status="inactive")
    address = reverse("integrations:preview", args=[made.pk])
    assert rows.said(administrator_client.post(address, {"direction": "in"}, follow=True)) == [
        "Cette intégration est inactive. Activez-la pour la synchroniser."
    ]


def test_a_preview_and_a_synchronisation_do_not_take_the_place_of_each_other(administrator_client: Client) -> None:
    made = rows.integration()
    sync, preview = (reverse(f"integrations:{name}", args=[made.pk]) for name in ("sync", "preview"))
    job = request_sync(made)
    said = rows.said(administrator_client.post(preview, {"direction": "in"}, follow=True))
    assert said == ["Une synchronisation est déjà en cours : demandez l’aperçu quand elle sera finie."]
    SyncJob.objects.filter(pk=job.pk).update(dry_run=True)
    said = rows.said(administrator_client.post(sync, follow=True))
    assert said == ["Un aperçu est en cours : lancez la synchronisation quand il sera fini."]
    assert SyncJob.objects.count() == 1


def test_the_report_tells_both_sides_apart_with_examples(administrator_client: Client) -> None:
    made = rows.integration(direction="both")
    job = rows.job(made, dry_run=True, report=REPORT)
    html = html_of(administrator_client, "job", job.pk)
    assert "<strong>rien n’a été écrit</strong>" in html
    assert html.index("Sur la plateforme") < html.index("Chez ROVIDA")
    assert "4\xa0enregistrements concernés" in html
    assert "2\xa0enregistrements concernés" in html
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert "Actuel" in text and "Ancien" in text, "values are written as their field shows them"
    assert "Plateforme : Alice ROVIDA : Béatrice" in text
    assert "304 · Place Verdun" in text
    assert "Le champ obligatoire « Nom » est vide." in text
    assert "1\xa0champ" in html, "a blank field of a new record is not worth a line"
    assert "Réussis" not in text


def test_the_report_offers_to_apply_or_to_look_again(administrator_client: Client) -> None:
    made = rows.integration(direction="both")
    job = rows.job(made, dry_run=True, report=REPORT)
    html = html_of(administrator_client, "job", job.pk)
    assert f'action="{reverse("integrations:apply_preview", args=[job.pk])}"' in html
    assert f'action="{reverse("integrations:preview", args=[made.pk])}"' in html
    failed = rows.job(made, dry_run=True, status="failed", error_message="ROVIDA ne répond pas.")
    html = html_of(administrator_client, "job", failed.pk)
    assert "Refaire l’aperçu" in html
    assert "Appliquer" not in html


def test_a_report_of_the_receiving_direction_says_that_nothing_is_sent(administrator_client: Client) -> None:
    made = rows.integration()
    job = rows.job(made, dry_run=True, report={"in": REPORT["in"], "out": {}})
    html = html_of(administrator_client, "job", job.pk)
    assert "Rien ne serait écrit chez ROVIDA" in html
    assert 'id="side-out"' not in html


def test_a_preview_is_marked_in_the_history_and_is_no_sync_of_today(administrator_client: Client) -> None:
    made = rows.integration()
    rows.job(made, dry_run=True)
    assert '<span class="tag">Aperçu</span>' in html_of(administrator_client, "jobs", made.pk)
    dashboard = administrator_client.get("/integrations").content.decode()
    assert "<dt>Syncs aujourd’hui</dt><dd>0</dd>" in dashboard


def test_the_newest_preview_can_be_read_again(administrator_client: Client) -> None:
    made: Integration = rows.integration()
    job = rows.job(made, dry_run=True)
    html = html_of(administrator_client, "detail", made.pk)
    assert f'<a href="{reverse("integrations:job", args=[job.pk])}">Le relire</a>' in html


def test_applying_gives_the_direction_that_was_looked_at_and_synchronises(administrator_client: Client) -> None:
    made = rows.integration()
    looked = rows.job(made, dry_run=True, report=REPORT, direction="both")
    assert "le sens « Dans les deux sens »" in html_of(administrator_client, "job", looked.pk)
    response = administrator_client.post(reverse("integrations:apply_preview", args=[looked.pk]))
    made.refresh_from_db()
    job = SyncJob.objects.get(dry_run=False)
    assert (made.direction, job.status) == ("both", "pending")
    assert response["Location"] == reverse("integrations:job", args=[job.pk])


@pytest.mark.parametrize("state", [{"status": "running"}, {"status": "failed"}])
def test_only_a_preview_that_is_over_can_be_applied(state: dict[str, Any], administrator_client: Client) -> None:
    made = rows.integration()
    looked = rows.job(made, dry_run=True, direction="both", **state)
    address = reverse("integrations:apply_preview", args=[looked.pk])
    assert rows.said(administrator_client.post(address, follow=True))[0].startswith("Cet aperçu n’est pas terminé.")
    made.refresh_from_db()
    assert made.direction == "in"
    synchronised = rows.job(made)
    assert administrator_client.post(reverse("integrations:apply_preview", args=[synchronised.pk])).status_code == 404


def test_what_cannot_synchronise_says_what_to_do_first_instead_of_a_button(administrator_client: Client) -> None:
    made = rows.integration(status="inactive")
    html = administrator_client.get(reverse("integrations:preview", args=[made.pk])).content.decode()
    assert "Activez d’abord l’intégration." in html
    assert "Aperçu</button>" not in html
