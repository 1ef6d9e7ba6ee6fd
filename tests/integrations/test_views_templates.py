"""What holds for every template and every served file: the content policy, French words, licences, logos."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import BadRequest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.views.defaults import bad_request, server_error

import connectors

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
STATIC = Path(settings.BASE_DIR) / "static"
FORBIDDEN = {
    "a style attribute": r"""\sstyle\s*=""",
    "an event attribute": r"""\son[a-z]+\s*=""",
    "a script in the page": r"""<script(?![^>]*\ssrc=)""",
    "a style sheet in the page": r"""<style\b""",
    "hx-on": r"""hx-on[:-]""",
    "evaluated values": r"""hx-(?:vals|headers)\s*=\s*['"]\s*js(?:on)?:""",
    "an evaluated condition": r"""hx-trigger\s*=\s*"[^"]*\[""",
    "another host": r"""(?:src|href)\s*=\s*["'](?:https?:)?//""",
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_a_template_keeps_to_the_content_policy_and_to_its_size(path: Path) -> None:
    text = path.read_text()
    broken = {name for name, pattern in FORBIDDEN.items() if re.search(pattern, text, re.IGNORECASE)}
    assert not broken
    assert text.count("\n") <= 120


@pytest.mark.parametrize(
    "bad",
    [
        '<p style="color:red">',
        "<a onclick='x()'>",
        "<script>x()</script>",
        "<style>",
        '<b hx-on:click="x">',
        """<b hx-vals='js:{a: 1}'>""",
        '<b hx-trigger="click[ctrlKey]">',
        '<img src="//cdn.example/x.png">',
    ],
)
def test_the_rules_see_what_they_forbid(bad: str) -> None:
    assert any(re.search(pattern, bad, re.IGNORECASE) for pattern in FORBIDDEN.values())


def test_vendored_files_are_those_of_the_manifest_with_their_licences() -> None:
    vendor = STATIC / "vendor"
    listed = set()
    for package in json.loads((vendor / "manifest.json").read_text()):
        assert (vendor / f"{package['name']}-{package['version']}" / "LICENSE").is_file()
        for name, expected in package["files"].items():
            path = (vendor / name).resolve()
            listed.add(path)
            digest = base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
            assert f"sha384-{digest}" == expected, name
    present = {path for path in vendor.glob("*/*") if path.name != "LICENSE"}
    assert present <= listed


def test_every_provider_has_a_logo() -> None:
    assert {connector.slug for connector in connectors.all_connectors()} == {
        path.stem for path in (STATIC / "logos").glob("*.svg")
    }


def test_every_icon_that_is_drawn_is_in_the_sprite() -> None:
    sprite = (STATIC / "vendor/tabler-icons-3.51.0/icons.svg").read_text()
    known = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    drawn = {name for path in TEMPLATES for name in re.findall(r'\{% icon "([\w-]+)"', path.read_text())}
    drawn |= {name for path in TEMPLATES for name in re.findall(r'glyph="([\w-]+)"', path.read_text())}
    from integrations.templatetags.records import ICONS

    assert drawn | set(ICONS.values()) <= known


@pytest.mark.django_db
def test_error_pages_speak_french(client: Client, support_client: Client) -> None:
    missing = client.get("/nowhere")
    assert missing.status_code == 404
    assert "Page introuvable" in missing.content.decode()
    request = RequestFactory().get("/")
    assert "Demande incomprise" in bad_request(request, BadRequest()).content.decode()
    assert "Le serveur a rencontré un problème" in server_error(request).content.decode()
    refused = support_client.get("/integrations").content.decode()
    assert "réservée à l’administration" in refused
    assert "/admin/" in refused


@pytest.mark.django_db
def test_a_stale_form_is_explained_in_french(administrator: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(administrator)
    response = strict.post("/accounts/logout/")
    assert response.status_code == 403
    assert "Ce formulaire n’est plus valide" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/"])
def test_account_pages_are_ours_and_in_french(address: str, client: Client) -> None:
    html = client.get(address).content.decode()
    assert 'class="alone-card"' in html
    assert not re.search(r"\b(Password|Sign In|Forgot|Email)\b", html)


def test_the_error_pages_need_no_request() -> None:
    assert "Revenir aux intégrations" in render_to_string("500.html")
