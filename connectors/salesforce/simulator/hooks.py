"""Salesforce's outbound messages: a person makes them in Setup, a flow sends them when an object is made or changed."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import requests
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from connectors.salesforce.simulator.schema import make_id
from connectors.simulator.gathered import Gathered
from connectors.simulator.portal import Portal
from connectors.simulator.sender import Message, Schedule, Sender, Target, xml_message

if TYPE_CHECKING:
    from connectors.salesforce.simulator.fake import Salesforce

# With growing delay, at most 2 hours apart, for 24 hours in all.
SCHEDULE = Schedule(delays=(15, 30, 60, 300, 900, 1800, 3600, *(7200,) * 11), timeout=60)
MOST = 100
ENTITIES = ("Account", "Contact", "Opportunity")
FIELDS = {
    "Account": ("Id", "Name", "SystemModstamp"),
    "Contact": ("Id", "Email", "LastName", "SystemModstamp"),
    "Opportunity": ("Id", "Name", "StageName", "SystemModstamp"),
}
ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" \
xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>{organization}</OrganizationId>
   <ActionId>{action}</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>https://lacoste.my.salesforce.com/services/Soap/c/66.0/{organization}</EnterpriseUrl>
   <PartnerUrl>https://lacoste.my.salesforce.com/services/Soap/u/66.0/{organization}</PartnerUrl>
{notifications}
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>
"""
NOTIFICATION = """   <Notification>
    <Id>{id}</Id>
    <sObject xsi:type="sf:{entity}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
{fields}
    </sObject>
   </Notification>"""


class Hooks:
    """An address is registered with {"url", "entities"? (all)}; nothing signs its messages, so that its key means
    nothing. Deletions are not told."""

    def __init__(self, fake: Salesforce) -> None:
        self._fake = fake
        self.portal = Portal(fake.store, fake.slug, str)
        self.sender = Sender(fake.store, fake.clock, fake.slug, self._target, schedule=SCHEDULE)
        self.gathered = Gathered(self._tell)

    def note(self, entity: str, object_id: str) -> None:
        """An object was made or changed."""
        self.gathered.add((entity, object_id))

    def _tell(self, changes: list[tuple[str, str]]) -> None:
        """Up to a hundred objects of a kind in a message; what was rolled back is not there."""
        store, slug = self._fake.store, self._fake.slug
        for address in self.portal.all():
            for entity in address.get("entities", ENTITIES):
                ids = [one for kind, one in dict.fromkeys(changes) if kind == entity and store.get(slug, kind, one)]
                for start in range(0, len(ids), MOST):
                    self.sender.send(address["url"], self._message(entity, ids[start : start + MOST]))

    def _message(self, entity: str, ids: list[str]) -> Message:
        """What is to be told; how the objects are is looked up at each attempt."""
        told = [(make_id("04l", self._fake.store.next_number(self._fake.slug, "notification")), one) for one in ids]
        return xml_message(json.dumps([entity, told]))

    def _target(self, url: str) -> Target | None:
        return Target(url, amend=self._written, accepted=acknowledged) if self.portal.get(url) else None

    def _written(self, told: bytes, attempt: int) -> bytes:
        entity, pairs = json.loads(told)
        return ENVELOPE.format(
            organization=self._fake.organization_id,
            action=make_id("04k", ENTITIES.index(entity) + 1),
            notifications="\n".join(self._notification(entity, own_id, object_id) for own_id, object_id in pairs),
        ).encode()

    def _notification(self, entity: str, own_id: str, object_id: str) -> str:
        body: dict[str, Any] = self._fake.store.get(self._fake.slug, entity, object_id) or {"Id": object_id}
        # Empty fields are left out, and times end in Z here.
        values = {name: str(body[name]).replace("+0000", "Z") for name in FIELDS[entity] if body.get(name)}
        fields = "\n".join(f"     <sf:{name}>{escape(value)}</sf:{name}>" for name, value in values.items())
        return NOTIFICATION.format(id=own_id, entity=entity, fields=fields)


def acknowledged(answer: requests.Response) -> bool:
    """Whether the answer is 200 and says `Ack` true, for the whole message."""
    try:
        root = fromstring(answer.content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return False
    ack = root.find(
        "{http://schemas.xmlsoap.org/soap/envelope/}Body/{http://soap.sforce.com/2005/09/outbound}notificationsResponse/"
        "{http://soap.sforce.com/2005/09/outbound}Ack"
    )
    return answer.status_code == 200 and ack is not None and ack.text == "true"
