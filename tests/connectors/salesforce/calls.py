"""How Salesforce calls: Outbound Messages, which nothing signs."""

from connectors.base.webhooks import Hint
from connectors.salesforce.connector import Salesforce
from tests.connectors.suite.adapter import FOLDER
from tests.connectors.suite.calls import Caller, Moment, Vector

ORG = "00D5g000004AbCdEAK"
CONTACT = (FOLDER / "salesforce/events/contact.xml").read_bytes()
HEADERS = {"Content-Type": "text/xml; charset=utf-8"}


def body(moment: Moment) -> bytes:
    """One notification about a contact."""
    number = moment.number[-8:].rjust(8, "0").encode()
    whole = CONTACT.replace(b"<Id>04l5g00001TuVwXAAV</Id>", b"<Id>04l5g%sXAAV</Id>" % number)
    return whole.replace(b"<sf:Id>0035g00000PqRsTAAV</sf:Id>", b"<sf:Id>0035g0%sAAV</sf:Id>" % number)


def sign(body: bytes, moment: Moment) -> dict[str, str]:
    """Nothing but the type of the content."""
    return HEADERS


CALLER = Caller(
    connector=Salesforce,
    secret="",
    other="",
    account=ORG,
    body=body,
    sign=sign,
    covers_body=False,
    vectors=(
        Vector(
            CONTACT,
            HEADERS,
            "",
            hints=(Hint("contacts", "0035g00000PqRsTAAV", "Contact", "04l5g00001TuVwXAAV", ORG),),
        ),
    ),
)
