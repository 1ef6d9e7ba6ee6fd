"""Which writes go together."""

from __future__ import annotations

import json

from connectors.base.resource import Batch, Resource
from connectors.base.writes import PreparedWrite
from integrations.sync.parcels import parcels

CONTACTS = Resource("contacts", "Contacts", "contact", lookup_fields=("email",), batch=Batch(3))


def write(action: str = "update", remote_id: str = "", **body: str) -> PreparedWrite:
    return PreparedWrite("POST", "api", "contacts", "contacts", action, body=json.dumps(body), remote_id=remote_id)


def test_a_request_is_as_full_as_the_provider_allows() -> None:
    writes = [write(remote_id=str(number)) for number in range(7)]
    assert parcels(CONTACTS, writes) == [[0, 1, 2], [3, 4, 5], [6]]


def test_creations_changes_and_acts_go_apart_and_acts_alone() -> None:
    writes = [write("create"), write(remote_id="1"), write("create"), write("act:void", "2"), write("act:void", "3")]
    assert parcels(CONTACTS, writes) == [[0, 2], [1], [3], [4]]


def test_an_object_stands_once_in_a_request() -> None:
    writes = [write(remote_id="1"), write(remote_id="1"), write(remote_id="2")]
    assert parcels(CONTACTS, writes) == [[0, 2], [1]]


def test_a_value_that_objects_are_looked_up_by_stands_once_in_a_request() -> None:
    writes = [
        write("create", email="zoe@exemple.ca"),
        write("create", email="ZOE@exemple.ca"),
        write("create", email=""),
    ]
    assert parcels(CONTACTS, writes) == [[0, 2], [1]]


def test_without_a_declaration_each_goes_alone() -> None:
    alone = Resource("contacts", "Contacts", "contact")
    creations = Resource("contacts", "Contacts", "contact", batch=Batch(9, frozenset({"create"})))
    writes = [write(remote_id="1"), write(remote_id="2"), write("create"), write("create")]
    assert parcels(alone, writes) == [[0], [1], [2], [3]]
    assert parcels(creations, writes) == [[0], [1], [2, 3]]
