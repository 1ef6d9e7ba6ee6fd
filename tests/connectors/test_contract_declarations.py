"""What the thirteen providers declare holds together, and fits the platform's own records."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import connectors
from connectors.base import errors
from connectors.base.connector import Connector
from connectors.base.resource import Embedded, Map, Resource
from integrations.records.kinds import KINDS, FieldInfo
from scripts.providers import PAGE, render
from tests.connectors.suite.adapter import Adapter, adapters
from tests.connectors.suite.french import is_foreign, is_french

ROOT = Path(connectors.__file__).parent
LINES_OF_A_CONNECTOR = 150
ALL = connectors.all_connectors()
RESOURCES = [
    pytest.param(connector, resource, id=f"{connector.slug}-{resource.name}")
    for connector in ALL
    for resource in connector.resources
]
FITTING = {
    "string": {"string", "text", "email", "phone"},
    "text": {"text", "string"},
    "integer": {"integer", "decimal"},
    "decimal": {"decimal"},
    "money": {"money"},
    "boolean": {"boolean"},
    "date": {"date"},
    "datetime": {"datetime"},
    "email": {"email", "string"},
    "phone": {"phone", "string"},
    "enum": {"enum", "string"},
    "reference": {"reference"},
    "lines": {"lines"},
    "address": {"address"},
}
"""Type of a mapping → types of the platform's fields that take its values as they are."""
MADE_BY_CODEC = {"string": {"enum", "date", "boolean"}, "datetime": {"date"}, "text": {"email", "phone"}}
ERRORS = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.ConnectorError)
}


def mapped(resource: Resource) -> Iterator[tuple[str, Map]]:
    """Every mapping of a resource and of what is embedded in it, with the kind of record that it is for."""
    yield from ((resource.record, one) for one in resource.mappings)
    yield from ((embedded.record, one) for embedded in resource.embedded for one in embedded.mappings)


def field_of(kind: str, local: str) -> FieldInfo:
    """The platform's field that a mapping names."""
    owner, _, name = local.partition(".")
    assert owner == kind, f"{local}: of another kind than {kind}"
    assert name in KINDS[kind].fields, f"{local}: there is no such field"
    return KINDS[kind].fields[name]


def record_of(connector: type[Connector], name: str) -> str:
    """The kind of record that a resource, or what is embedded in one, becomes."""
    embedded = [one for resource in connector.resources for one in resource.embedded]
    named: list[Resource | Embedded] = [*connector.resources, *embedded]
    found = [one.record for one in named if (one.resource if isinstance(one, Embedded) else one.name) == name]
    assert found, f"{name}: {connector.label} has no such resource"
    return found[0]


# --- Mappings -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("connector", "resource"), RESOURCES)
def test_a_mapping_meets_a_field_that_takes_its_values(connector: type[Connector], resource: Resource) -> None:
    assert resource.mappings
    for kind, one in mapped(resource):
        info = field_of(kind, one.local)
        fitting = FITTING[one.type] | (MADE_BY_CODEC.get(one.type, set()) if one.codec else set())
        assert info.type in fitting, f"{one.local}: {one.type} into {info.type}"
        assert not one.codec or one.codec in resource.codecs, f"{one.local}: no codec {one.codec}"
        assert not one.option or one.option in dict(connector.option_kinds), f"{one.local}: no list {one.option}"
        assert bool(one.target) == (one.type == "reference"), one.local
        assert bool(one.values) == (one.type == "enum"), one.local
        if info.choices:
            assert set(one.values.values()) <= set(info.choices), f"{one.local}: {one.values}"


@pytest.mark.parametrize(("connector", "resource"), RESOURCES)
def test_a_reference_leads_to_a_resource_that_is_read_before(connector: type[Connector], resource: Resource) -> None:
    names = [one.name for one in connector.resources]
    assert len(set(names)) == len(names)
    before = names[: names.index(resource.name)]
    assert set(resource.depends_on) <= set(before), "resources are listed in the order in which they are read"
    for kind, one in mapped(resource):
        if one.target:
            assert record_of(connector, one.target) == field_of(kind, one.local).target, one.local
            inside = {embedded.resource for embedded in resource.embedded}
            assert one.target in {*resource.depends_on, *inside, resource.name}, f"{one.local}: not in depends_on"


@pytest.mark.parametrize(("connector", "resource"), RESOURCES)
def test_a_field_has_one_source_and_a_remote_field_one_writer(connector: type[Connector], resource: Resource) -> None:
    for mappings in (resource.mappings, *(embedded.mappings for embedded in resource.embedded)):
        read = [one.local for one in mappings if one.direction in ("both", "in", "create")]
        written = [one.remote for one in mappings if one.direction in ("both", "out")]
        assert len(set(read)) == len(read), read
        assert len(set(written)) == len(written), written


@pytest.mark.parametrize(("connector", "resource"), RESOURCES)
def test_embedded_records_are_found_from_their_owner(connector: type[Connector], resource: Resource) -> None:
    for embedded in resource.embedded:
        into = field_of(resource.record, embedded.into)
        assert (into.type, into.target) == ("reference", embedded.record)
        assert embedded.mappings


# --- Writing ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("connector", "resource"), RESOURCES)
def test_what_a_resource_can_do_is_declared_whole(connector: type[Connector], resource: Resource) -> None:
    can = resource.capabilities
    assert "pull" in can
    assert "fetch" in can or not can & {"update", "delete", "act"}, "a change needs the object as it now is"
    assert ("act" in can) == bool(resource.acts)
    assert bool(resource.lookup_fields) == ("lookup" in can)
    writable = [one for one in resource.mappings if one.direction in ("both", "out")]
    assert bool(writable) == bool(can & {"create", "update"}), "a way out, or nothing that goes out"
    if "create" in can:
        assert resource.create_guard in ("key", "external_id", "lookup", "hold")
        assert resource.create_guard != "lookup" or "lookup" in can


@pytest.mark.parametrize(("connector", "resource"), RESOURCES)
def test_matching_amounts_slots_and_acts_speak_of_fields_that_exist(
    connector: type[Connector], resource: Resource
) -> None:
    fields, kinds = KINDS[resource.record].fields, dict(connector.option_kinds)
    assert set(resource.match) <= set(fields)
    for name in resource.owned_amounts:
        assert fields[name].type == "money"
    for action in resource.acts:
        assert action.label[0].isupper()
        assert action.when is None or action.when[0] == "archived" or action.when[0] in fields
    for slot in resource.slots:
        assert slot.kind in kinds, f"{slot.name}: no list {slot.kind}"
        assert slot.label[0].isupper()
        if "." in slot.by:
            field_of(resource.record, slot.by)
        elif slot.by:
            columns = {sub.name for info in fields.values() if info.type == "lines" for sub in info.items}
            assert slot.by in columns


# --- Words --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("connector", ALL, ids=lambda connector: connector.slug)
def test_what_an_administrator_reads_is_french(connector: type[Connector]) -> None:
    assert is_french(connector.description)
    for one in (*connector.config_fields, *(each for way in connector.auth_methods for each in way.fields)):
        assert one.label[0].isupper()
        assert not is_foreign(one.help), one.help
        re.compile(one.pattern)
    for resource in connector.resources:
        assert resource.label[0].isupper()
    if connector.available:
        guide = connector.setup_guide()
        sentences = re.findall(r"[^.!?\n]{30,}[.!?]", re.sub(r"`[^`]*`|\[[^]]*\]\([^)]*\)", "", guide))
        assert guide.startswith("#") and len(sentences) >= 5, "setup.md tells how to get the credentials"
        foreign = [sentence for sentence in sentences if not is_french(sentence.replace("'", "’"))]
        assert len(foreign) <= len(sentences) // 10, foreign


@pytest.mark.parametrize("slug", ["base", *connectors.REGISTRY])
def test_the_sentence_of_every_error_is_french(slug: str) -> None:
    for path in sorted((ROOT / slug).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in ERRORS and node.args:
                sentence = _text(node.args[0])
                # One that is put together elsewhere is read when it is raised, by the suite.
                assert len(sentence) < 30 or is_french(sentence), f"{path.name}:{node.lineno}: {sentence}"


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _text(node: ast.expr) -> str:
    """The constant text of a literal or f-string; something quoted in the place of every value."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "X" for one in node.values)
    return ""


@pytest.mark.parametrize("slug", connectors.REGISTRY)
def test_a_connector_is_a_declaration(slug: str) -> None:
    lines = (ROOT / slug / "connector.py").read_text(encoding="utf-8").count("\n")
    assert lines <= LINES_OF_A_CONNECTOR, f"{lines} lines: what is more than a declaration goes beside it"


# --- Hosts and sign-in --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("connector", [one for one in ALL if one.available], ids=lambda connector: connector.slug)
def test_every_environment_has_the_same_roles_and_a_way_in(connector: type[Connector]) -> None:
    roles = {environment: set(hosts) for environment, hosts in connector.hosts.items()}
    assert roles and all(one == roles["production"] for one in roles.values()), roles
    assert "simulator" in roles
    for environment, hosts in connector.hosts.items():
        for role, url in hosts.items():
            start = "{simulator_url}/" + connector.slug if environment == "simulator" else ("https://", "{")
            assert url.startswith(start), f"{environment}.{role}: {url}"
    kinds = {way.kind for way in connector.auth_methods}
    assert ("oauth2" in kinds) == (connector.oauth is not None)
    for way in connector.auth_methods:
        assert way.kind != "api_key" or any(one.secret for one in way.fields), "a key to type"
    assert _endpoints(connector) <= roles["production"]


def _endpoints(connector: type[Connector]) -> set[Any]:
    oauth = connector.oauth
    return {one[0] for one in (oauth.authorize, oauth.token, oauth.revoke) if one} if oauth else set()


# --- Habits -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("connector", [one for one in ALL if one.available], ids=lambda connector: connector.slug)
def test_a_provider_tells_its_habits_and_the_suite_found_them_true(connector: type[Connector]) -> None:
    habits, adapter = connector.habits, adapters().get(connector.slug)
    assert habits is not None, "habits = Habits(…), see connectors/base/habits.py"
    assert isinstance(adapter, Adapter), adapter
    for said, check in ((habits.changes, "incremental_pull"), (habits.deletions, "delete_seen")):
        excused = all(adapter.reason(name, check) for name in adapter.subjects)
        assert excused == (said == "none"), f"{check}: habits say {said}"
    excused = all(adapter.reason(name, "page_edges") for name in adapter.subjects)
    assert excused == (habits.paging == "whole"), f"page_edges: habits say {habits.paging}"


def test_the_table_of_providers_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `make providers`"
