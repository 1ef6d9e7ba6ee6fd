"""What every provider declares, and what a resource says of a raw object."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import connectors
from connectors.base.auth import ApiKey, Basic, Bearer
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.errors import Malformed, Misconfigured, UnknownProvider
from connectors.base.resource import Embedded, Resource, dig

ROOT = Path(connectors.__file__).parent
ROVIDA = connectors.get("rovida")


def test_there_are_thirteen_providers_in_the_order_of_the_screens():
    assert [connector.slug for connector in connectors.all_connectors()] == list(connectors.REGISTRY)
    assert len(connectors.REGISTRY) == 13


@pytest.mark.parametrize("slug", connectors.REGISTRY)
def test_a_provider_says_who_it_is(slug):
    connector = connectors.get(slug)
    assert connector.slug == slug
    assert connector.category in ("crm", "accounting", "property", "payments")
    assert re.fullmatch("#[0-9A-F]{6}", connector.badge)
    assert connector.description.endswith(".")
    assert connector.sync_types
    assert all(method.label for method in connector.auth_methods)
    assert (ROOT / slug / "__init__.py").read_text() == ""


def test_only_a_provider_with_resources_is_available():
    available = {connector.slug for connector in connectors.all_connectors() if connector.available}
    assert available == {path.parent.name for path in ROOT.glob("*/resources.py")}
    for connector in connectors.all_connectors():
        if not connector.available:
            with pytest.raises(TypeError):
                connector(Connection("test", {}, {}, {}))


def test_an_available_provider_explains_how_to_get_credentials():
    for connector in connectors.all_connectors():
        assert bool(connector.setup_guide()) == connector.available
    assert "confirmé avec le fournisseur" in ROVIDA.setup_guide()


def test_an_unknown_slug_is_a_named_error():
    with pytest.raises(UnknownProvider, match="inconnu"):
        connectors.get("inconnu")


def test_connectors_work_from_a_bare_shell():
    code = "import sys, connectors as c; c.all_connectors(); sys.exit(bool({'django', 'flask'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT.parent, check=False).returncode == 0


@pytest.mark.parametrize("resource", ROVIDA.resources, ids=lambda resource: resource.name)
def test_a_resources_mappings_hold_together(resource):
    names = {other.name for other in ROVIDA.resources}
    assert set(resource.depends_on) <= names
    for one in resource.mappings:
        assert one.local.startswith(f"{resource.record}.")
        assert bool(one.values) == (one.type == "enum")
        assert bool(one.target) == (one.type == "reference")
        assert not one.target or one.target in resource.depends_on
        assert not one.codec or one.codec in resource.codecs
        assert len(set(one.values.values())) == len(one.values), "a value table must be read both ways"


def test_a_resource_reads_identity_version_and_deletion():
    resource = Resource("r", "Choses", "thing", version_field="version", deleted_field="deleted_at")
    raw = {"id": 42, "version": 3, "deleted_at": None}
    assert (resource.remote_id(raw), resource.version(raw), resource.is_deleted(raw)) == ("42", "3", False)
    assert resource.is_deleted({**raw, "deleted_at": "2026-01-01T00:00:00Z"})


@pytest.mark.parametrize("raw", [{}, {"id": None}, {"id": " "}, {"id": {}}, {"id": True}])
def test_an_object_without_an_id_is_refused_in_french(raw):
    with pytest.raises(Malformed, match="sans identifiant") as caught:
        Resource("r", "Choses", "thing").remote_id(raw)
    assert "Choses" in caught.value.sentence


def test_an_embedded_record_is_known_by_its_casefolded_key():
    embedded = Embedded("property_managers", "contact", "manager_email", "property.manager")
    assert embedded.remote_id({"manager_email": " Noémie.GAGNÉ@Gestion.example "}) == "noémie.gagné@gestion.example"
    assert embedded.remote_id({"manager_email": None}) == ""


def test_a_dotted_path_stops_at_what_is_missing():
    assert dig({"lease": {"rent": {"amount": 1}}}, "lease.rent.amount") == 1
    assert dig({"lease": None}, "lease.rent.amount") is None
    assert dig([], "a") is None


# --- Addresses ----------------------------------------------------------------------------------------------------
def test_the_simulators_address_comes_from_its_url():
    assert resolve_hosts(ROVIDA, "simulator", {}, {}, "http://localhost:8001/") == {
        "api": "http://localhost:8001/rovida"
    }


def test_an_address_that_was_typed_is_used_without_its_final_slash():
    config = {"base_url": " https://api.exemple.ca/rovida/ "}
    assert resolve_hosts(ROVIDA, "production", config, {}, "") == {"api": "https://api.exemple.ca/rovida"}


def test_the_servers_own_settings_win():
    hosts = resolve_hosts(ROVIDA, "production", {}, {"rovida.api": "http://127.0.0.1:9/x/"}, "")
    assert hosts == {"api": "http://127.0.0.1:9/x"}


@pytest.mark.parametrize(
    "url",
    ["", "api.exemple.ca", "http://api.exemple.ca", "https://", "https://u:p@api.exemple.ca", "https://api.exemple.ca?x=1",
     "https://api.exemple.ca:port", "https://[", "https://127.0.0.1", "https://169.254.169.254", "https://10.0.0.8",
     "https://[::1]", "https://localhost", "https://intranet", "https://db.internal", "https://2130706433"],
)  # fmt: skip
def test_an_address_that_is_not_public_and_https_is_refused_in_french(url):
    with pytest.raises(Misconfigured, match="options avancées"):
        resolve_hosts(ROVIDA, "test", {"base_url": url}, {}, "")


def test_no_simulator_and_no_environment_are_told():
    with pytest.raises(Misconfigured, match="simulateur"):
        resolve_hosts(ROVIDA, "simulator", {}, {}, "")
    with pytest.raises(Misconfigured, match="environnement"):
        resolve_hosts(ROVIDA, "lune", {}, {}, "")


# --- Credentials on a request -------------------------------------------------------------------------------------
class Request:
    def __init__(self):
        self.headers = {}


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (ApiKey(" clef "), "X-API-Key", "clef"),
        (ApiKey("clef", "Authorization", "Token"), "Authorization", "Token clef"),
        (Bearer("jeton"), "Authorization", "Bearer jeton"),
        (Basic("zoé", "p:é"), "Authorization", "Basic em/DqTpwOsOp"),
    ],
)
def test_a_credential_goes_into_its_header(auth, header, value):
    assert auth(Request()).headers == {header: value}


@pytest.mark.parametrize(("key", "header"), [("", "X"), ("clé", "X"), ("a\nb", "X"), ("clef", "X Y"), ("clef", "")])
def test_a_credential_that_cannot_stand_in_a_header_is_refused_in_french(key, header):
    with pytest.raises(Misconfigured):
        ApiKey(key, header)
