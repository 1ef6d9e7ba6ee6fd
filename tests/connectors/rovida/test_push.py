"""Writing to ROVIDA."""

import pytest

from connectors.base.errors import Conflict, Misconfigured, NotFound, Rejected, Transient

NEW = {"property_id": "prop_01DEMO0001", "title": "Évier bouché", "priority": "high"}


def orders(simulator):
    return [order for order in simulator.objects("work_orders") if not order["deleted_at"]]


def test_a_creation_carries_our_reference(rovida, simulator):
    made = rovida.push("work_orders", NEW, idempotency_key="k1", reference="JOB-1")
    assert made["reference_id"] == "JOB-1"
    assert made["title"] == "Évier bouché"
    assert (made["version"], made["status"], made["number"]) == (1, "open", "BT-2026-0061")
    assert len(orders(simulator)) == 61


def test_the_same_creation_twice_makes_one_object(rovida, simulator):
    first = rovida.push("work_orders", NEW, idempotency_key="k1", reference="JOB-1")
    again = rovida.push("work_orders", NEW, idempotency_key="k1", reference="JOB-1")
    assert again == first
    assert len(orders(simulator)) == 61


@pytest.mark.parametrize("kind", ["error", "unavailable", "rate_limit"])
def test_a_creation_whose_answer_was_lost_is_not_made_twice(rovida, simulator, kind):
    simulator.fault(kind, "/v1/work_orders", after=True)
    made = rovida.push("work_orders", NEW, idempotency_key="k1", reference="JOB-1")
    assert rovida.retries == 1
    assert [order["id"] for order in orders(simulator) if order["reference_id"] == "JOB-1"] == [made["id"]]


def test_a_key_that_served_for_another_content_is_told(rovida):
    rovida.push("work_orders", NEW, idempotency_key="k1")
    with pytest.raises(Rejected, match="autre contenu") as caught:
        rovida.push("work_orders", {**NEW, "title": "Autre"}, idempotency_key="k1")
    assert caught.value.code == "idempotency_key_reused"


def test_a_key_that_is_still_at_work_is_waited_for(rovida, simulator):
    fake = simulator.provider()
    rovida.push("work_orders", NEW, idempotency_key="k1")
    fake.store.execute("UPDATE answers SET status = NULL WHERE key = 'k1'")
    with pytest.raises(Transient) as caught:
        rovida.push("work_orders", NEW, idempotency_key="k1")
    assert caught.value.code == "still_running"
    assert len(orders(simulator)) == 61


def test_a_reference_that_is_in_use_is_a_conflict(rovida):
    rovida.push("work_orders", NEW, idempotency_key="k1", reference="JOB-1")
    with pytest.raises(Conflict, match="référence") as caught:
        rovida.push("work_orders", NEW, idempotency_key="k2", reference="JOB-1")
    assert caught.value.code == "reference_in_use"


def test_a_change_touches_only_its_fields(rovida):
    before = rovida.fetch("tenants", "ten_01DEMO0001")
    values = {"family_name": "Bérubé", "lease": {"rent": {"amount": 99999, "currency": "CAD"}}, "phone": None}
    after = rovida.push("tenants", values, remote_id=before["id"], version=str(before["version"]), idempotency_key="k")
    moved = {name for name in after if after[name] != before[name]}
    assert moved == {"family_name", "lease", "phone", "version", "updated_at"}
    assert after["lease"] == {**before["lease"], "rent": {"amount": 99999, "currency": "CAD"}}
    assert after["version"] == before["version"] + 1


def test_a_change_of_an_older_version_is_a_conflict(rovida, simulator):
    simulator.edit("tenants", "ten_01DEMO0001", family_name="Ailleurs")
    with pytest.raises(Conflict, match="relu"):
        rovida.push("tenants", {"family_name": "Ici"}, remote_id="ten_01DEMO0001", version="1", idempotency_key="k")
    assert rovida.fetch("tenants", "ten_01DEMO0001")["family_name"] == "Ailleurs"


def test_a_change_of_what_is_gone_is_not_found(rovida, simulator):
    simulator.delete("work_orders", "wo_01DEMO0001")
    with pytest.raises(NotFound):
        rovida.push("work_orders", {"title": "x"}, remote_id="wo_01DEMO0001", idempotency_key="k")


def test_wrong_values_are_told_field_by_field_in_french(rovida, recorded):
    wrong = {"property_id": "prop_X", "title": "t" * 201, "priority": "énorme", "estimated_cost": 12, "couleur": "bleu"}
    with pytest.raises(Rejected) as caught:
        rovida.push("work_orders", wrong, idempotency_key="k")
    errors = caught.value.field_errors
    assert set(errors) == set(wrong)
    assert errors["priority"].startswith("La valeur n’est pas de celles que ROVIDA accepte.")
    assert "must be one of low" in errors["priority"]
    assert "n’existe pas" in errors["property_id"]
    assert "trop long" in errors["title"]
    assert "priority" in caught.value.sentence


def test_what_is_required_is_told(rovida):
    with pytest.raises(Rejected) as caught:
        rovida.push("tenants", {"given_name": "Zoé", "lease": {"rent": None}}, idempotency_key="k")
    assert "exige" in caught.value.field_errors["family_name"]
    assert "lease.start_date" in caught.value.field_errors


@pytest.mark.parametrize(("resource", "remote_id"), [("units", "unit_01DEMO010101"), ("work_orders", "wo_01DEMO0001")])
def test_the_property_of_a_unit_or_work_order_never_changes(rovida, simulator, resource, remote_id):
    with pytest.raises(Rejected, match="immeuble") as caught:
        rovida.push(resource, {"property_id": "prop_01DEMO0002"}, remote_id=remote_id, idempotency_key="k")
    assert set(caught.value.field_errors) == {"property_id"}
    assert simulator.requests() == []


def test_a_work_order_is_completed_after_its_creation_only(rovida):
    done = {**NEW, "status": "completed", "completed_at": "2026-05-01T12:00:00Z"}
    made = rovida.push("work_orders", done, idempotency_key="k1")
    assert made["completed_at"] is None
    after = rovida.push(
        "work_orders", {"completed_at": done["completed_at"]}, remote_id=made["id"], idempotency_key="k2"
    )
    assert after["completed_at"] == done["completed_at"]


def test_an_upsert_by_reference_creates_then_replaces(rovida):
    first = rovida.upsert("tenants", "CUST/88 é", _tenant("Zoé", phone="+15145550100"), idempotency_key="k1")
    second = rovida.upsert("tenants", "CUST/88 é", _tenant("Zoë"), idempotency_key="k2")
    assert second["id"] == first["id"]
    assert (second["given_name"], second["phone"], second["reference_id"]) == ("Zoë", None, "CUST/88 é")


def _tenant(name, **more):
    return {"property_id": "prop_01DEMO0001", "given_name": name, "family_name": "Exemple", **more}


def test_a_deletion_leaves_a_tombstone_and_frees_the_reference(rovida):
    made = rovida.push("work_orders", NEW, idempotency_key="k1", reference="JOB-1")
    rovida.delete("work_orders", made["id"], version="1", idempotency_key="k2")
    with pytest.raises(NotFound):
        rovida.delete("work_orders", made["id"], idempotency_key="k3")
    rovida.delete("work_orders", made["id"], version="1", idempotency_key="k2")
    assert rovida.push("work_orders", NEW, idempotency_key="k4", reference="JOB-1")["id"] != made["id"]


def test_what_others_refer_to_is_not_deleted(rovida):
    with pytest.raises(Conflict, match="rattachés") as caught:
        rovida.delete("properties", "prop_01DEMO0001", idempotency_key="k")
    assert caught.value.code == "still_referenced"


def test_a_key_that_may_only_read_cannot_write(connect):
    reader = connect("rov_test_readonly")
    reader.check()
    with pytest.raises(Misconfigured, match="droit"):
        reader.push("work_orders", NEW, idempotency_key="k")


def test_tenants_are_found_by_their_email(rovida):
    assert [one["id"] for one in rovida.lookup("tenants", {"email": "LOCATAIRE002@courriel.example"})] == [
        "ten_01DEMO0002"
    ]
    assert rovida.lookup("tenants", {"email": "personne@courriel.example"}) == []


@pytest.mark.parametrize(
    ("resource", "keys"), [("tenants", {}), ("tenants", {"reference_id": "x"}), ("units", {"email": "x"})]
)
def test_what_cannot_be_searched_is_told(rovida, resource, keys):
    with pytest.raises(Misconfigured, match="chercher"):
        rovida.lookup(resource, keys)
