"""Outbound Messages: what is read in them, what is answered, and what is not believed."""

import pytest

from connectors.base.webhooks import Call, Hint, Unreadable
from connectors.salesforce.connector import Salesforce
from tests.connectors.salesforce.calls import CONTACT, ORG
from tests.connectors.suite.adapter import FOLDER

# To the letter, from the documentation.
ACK = (
    b'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
    b'<soapenv:Body><notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    b"</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)


def parse(body):
    return Salesforce.webhooks.parse(Call(body, {}))


def event(name):
    return (FOLDER / "salesforce/events" / name).read_bytes()


def test_only_the_address_of_one_integration_proves_a_call():
    assert Salesforce.webhooks.secret == "none"
    assert not Salesforce.webhooks.app_level
    assert Salesforce.webhooks.scheme.verify(CONTACT, {}, ()).ok


def test_a_notification_names_its_object_and_organization():
    assert parse(CONTACT) == [Hint("contacts", "0035g00000PqRsTAAV", "Contact", "04l5g00001TuVwXAAV", ORG)]


def test_short_ids_become_long_ones_and_each_notification_is_a_hint():
    assert parse(event("opportunities.xml")) == [
        Hint("opportunities", "0065g00000LmNoPAAV", "Opportunity", "04l5g00001TuVwXAAV", ORG),
        Hint("opportunities", "0065g00000LmNoQAAV", "Opportunity", "04l5g00001TuVwYAAV", ORG),
    ]


def test_a_hundred_notifications_come_at_once():
    start, end = CONTACT.index(b"   <Notification>"), CONTACT.index(b"  </notifications>")
    many = b"".join(CONTACT[start:end].replace(b"04l5g00001TuVwXAAV", b"04l5g00001Tu%03dAAV" % n) for n in range(100))
    assert len({hint.dedupe_key for hint in parse(CONTACT[:start] + many + CONTACT[end:])}) == 100


def test_a_kind_of_object_that_is_not_followed_is_kept_without_one():
    [hint] = parse(event("lead.xml"))
    assert (hint.resource, hint.remote_id, hint.kind) == ("", "00Q5g00000LmNoQAAV", "Lead")


def test_a_repetition_with_newer_values_says_the_same():
    assert parse(CONTACT) == parse(CONTACT.replace(b"2026-01-01T12:00:00.000Z", b"2026-01-01T13:00:00.000Z"))


def test_the_answer_is_the_ack_to_the_letter_and_a_refusal_has_none():
    reply = Salesforce.webhooks.reply(Call(CONTACT, {}))
    assert (reply.status, reply.body, reply.content_type) == (200, ACK, "text/xml; charset=utf-8")
    refusal = Salesforce.webhooks.refusal(Call(CONTACT, {}))
    assert (refusal.status, refusal.body) == (403, b"")


BOMB = (
    b'<!DOCTYPE e [<!ENTITY a "xxxxxxxxxx">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;">' % (n + 1, n, n, n, n) for n in range(97, 117))
    + b"]>"
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<a/>",
        CONTACT[:-20],
        CONTACT.replace(b"<OrganizationId>00D5g000004AbCdEAK</OrganizationId>", b""),
        CONTACT.replace(b"http://soap.sforce.com/2005/09/outbound", b"urn:other"),
        CONTACT.replace(b'"UTF-8"?>', b'"UTF-8"?>' + BOMB).replace(b"Adams", b"&u;"),
        CONTACT.replace(b'"UTF-8"?>', b'"UTF-8"?><!DOCTYPE a SYSTEM "file:///etc/passwd">'),
        CONTACT.replace(b"Adams", b"\xff\xfe"),
        CONTACT.replace(b"Adams", b"&#0;"),
    ],
    ids=range(10),
)
def test_what_is_no_outbound_message_or_declares_entities_is_unreadable(body):
    with pytest.raises(Unreadable):
        parse(body)
