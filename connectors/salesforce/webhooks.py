"""Salesforce's Outbound Messages: SOAP, sent by a flow that an administrator of the organization makes.

Nothing signs them. What proves a call is its address, a secret of one integration; that the call names the
organization of that integration is the receiver's to check, by the account of the hints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from connectors.base import hints
from connectors.base.signatures import Verdict
from connectors.base.webhooks import Call, Hint, Reply, Unreadable, Webhooks
from connectors.salesforce.quirks import id18
from connectors.salesforce.resources import RESOURCES

_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_RESOURCES = {resource.path: resource.name for resource in RESOURCES}
# To the letter: anything else counts as a failure, and the message comes again for 24 hours.
ACK = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>"
)


@dataclass(frozen=True)
class SecretAddress:
    """Nothing in the call is a proof, not even the session id that it may carry."""

    def verify(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        *,
        now: float | None = None,
        url: str = "",
    ) -> Verdict:
        """Whoever knew the address may call."""
        return Verdict()


def parse(call: Call) -> list[Hint]:
    """One hint per notification (up to 100, all of one kind of object). Deletions are not announced."""
    outbound = _notifications(call.body)
    account = id18(_text(outbound, "OrganizationId"))
    if not account:
        raise Unreadable("Le message sortant ne nomme pas son organisation.")
    return [_hint(one, account) for one in outbound.findall(f"{_OUTBOUND}Notification")]


def acknowledged(call: Call) -> Reply:
    """One Ack for all notifications of the message."""
    return Reply(200, ACK, "text/xml; charset=utf-8")


def refused(call: Call) -> Reply:
    """No Ack."""
    return Reply(403)


def _notifications(body: bytes) -> Element:
    try:
        root = fromstring(body.decode(), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Unreadable("Le contenu de l’appel n’est pas du XML valable, ou il contient des déclarations.") from None
    found = root.find(f"{_SOAP}Body/{_OUTBOUND}notifications") if root.tag == f"{_SOAP}Envelope" else None
    if found is None:
        raise Unreadable("Le contenu de l’appel n’est pas un message sortant de Salesforce.")
    return found


def _hint(notification: Element, account: str) -> Hint:
    """Values are those of the moment at which the message is sent, another one at each repetition: none of them counts,
    not even the time of the change."""
    thing = notification.find(f"{_OUTBOUND}sObject")
    fields = {} if thing is None else {_local(one.tag): (one.text or "") for one in thing}
    entity = "" if thing is None else hints.word(thing.get(_TYPE), 80).rpartition(":")[2]
    remote_id = id18(hints.word(fields.get("Id")))
    own_id = id18(_text(notification, "Id"))
    return Hint(
        resource=_RESOURCES.get(entity, "") if remote_id else "",
        remote_id=remote_id,
        kind=entity,
        dedupe_key=own_id or hints.digest([account, entity, sorted(fields.items())]),
        account=account,
    )


def _text(element: Element, name: str) -> str:
    return hints.word(element.findtext(f"{_OUTBOUND}{name}"))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


WEBHOOKS = Webhooks(
    scheme=SecretAddress(),
    parse=parse,
    secret="none",
    resources=tuple(_RESOURCES.values()),
    content_types=("text/xml",),
    reply=acknowledged,
    refusal=refused,
)
