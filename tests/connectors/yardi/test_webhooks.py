"""The facade that may stand in front of Yardi: subscriptions there, and what its events are read as."""

import json

import pytest
import standardwebhooks
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from connectors.base.connector import resolve_hosts
from connectors.base.errors import AuthExpired, Misconfigured
from connectors.base.webhooks import Call, Unreadable
from connectors.yardi.connector import Yardi
from tests.connectors.suite import heard
from tests.connectors.yardi.conftest import DOCUMENT

KEY = "yrd_demo_passerelle"
parse = Yardi.webhooks.parse


@pytest.fixture
def facade(connect):
    connector = connect(facade_key=KEY)
    yield connector
    connector.close()


def test_a_change_is_announced_until_we_unsubscribe(facade, simulator, receiver):
    subscription = facade.subscribe(receiver.url, "")
    made = simulator.create(
        "residents", "yardi", place="gat-01", Name={"FirstName": "Zoé", "LastName": "L’Écuyer"}, Address={}
    )
    order = simulator.objects("work_orders", "yardi")[0]
    simulator.edit("work_orders", order["id"], slug="yardi", Priority="High")
    calls = receiver.calls(2)
    found = heard.hints(facade, subscription, calls)
    assert [(hint.resource, hint.remote_id, hint.kind, hint.version) for hint in found] == [
        ("residents", f"gat-01:{made['id']}", "resident.created", ""),
        ("work_orders", f"{order['PropertyCode']}:{order['id']}", "work_order.updated", ""),
    ]
    for hint in found:
        assert facade.fetch(hint.resource, hint.remote_id)["_id"] == hint.remote_id
    for call, schema in zip(calls, ("ResidentCreatedEvent", "WorkOrderUpdatedEvent"), strict=True):
        spec = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
        Draft202012Validator(spec).validate(json.loads(call.body))
        standardwebhooks.Webhook(subscription.secrets[0]).verify(call.body, dict(call.headers))
    facade.unsubscribe(subscription)
    simulator.edit("work_orders", order["id"], slug="yardi", Priority="Low")
    simulator.settle("yardi")
    assert len(receiver.received) == 2
    facade.unsubscribe(subscription)


def test_a_work_order_that_we_create_is_announced(facade, receiver):
    subscription = facade.subscribe(receiver.url, "")
    values = {
        "PropertyCode": "gat-01", "ServiceRequestBriefDescription": "Évier", "HasPermissionToEnter": "true",
    }  # fmt: skip
    made = facade.push("work_orders", values, idempotency_key="k")
    [hint] = heard.hints(facade, subscription, receiver.calls(1))
    assert (hint.kind, hint.remote_id) == ("work_order.created", made["_id"])


def test_what_is_there_is_kept_and_what_is_gone_is_made_anew(facade, simulator, receiver):
    first = facade.subscribe(receiver.url, "")
    again = facade.subscribe(receiver.url, "")
    assert again.ids == first.ids and again.secrets != first.secrets
    assert facade.renew(again, receiver.url) == again
    facade.unsubscribe(again)
    assert facade.renew(again, receiver.url).ids != again.ids


def test_voyager_alone_sends_nothing(yardi, connect, receiver):
    with pytest.raises(Misconfigured, match="passerelle"):
        yardi.subscribe(receiver.url, "")
    with pytest.raises(AuthExpired):
        connect(facade_key="erronee").subscribe(receiver.url, "")


def test_a_connection_without_facade_reaches_voyager_all_the_same():
    base = {"base_url": "https://www.yardiasp00.com/1"}
    assert resolve_hosts(Yardi, "production", base, {}, "") == {"api": base["base_url"]}
    both = {**base, "facade_url": "https://passerelle.exemple.ca/"}
    assert resolve_hosts(Yardi, "production", both, {}, "")["facade"] == "https://passerelle.exemple.ca"
    with pytest.raises(Misconfigured):
        resolve_hosts(Yardi, "production", {**base, "facade_url": "https://10.0.0.1"}, {}, "")


@pytest.mark.parametrize("data", [{"id": "t1"}, {"property_code": "gat-01"}, {}, {"id": [], "property_code": "gat-01"}])
def test_an_object_that_cannot_be_found_is_unreadable(data):
    with pytest.raises(Unreadable):
        parse(Call(json.dumps({"type": "resident.updated", "data": data}).encode(), {}))
