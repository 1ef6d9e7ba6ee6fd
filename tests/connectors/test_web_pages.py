"""Where people see an object at its provider: the very account's page, in the console of its own environment."""

from urllib.parse import urlsplit

import pytest

import connectors
from connectors.base.resource import Resource
from connectors.base.tokens import TokenSet
from connectors.hubspot import options as hubspot
from connectors.pipedrive import quirks as pipedrive
from connectors.salesforce import access as salesforce

DECLARED = [
    (connector, resource)
    for connector in connectors.all_connectors()
    for resource in connector.resources
    if resource.web_pages
]
QBO = "intuit.com/login?deeplinkcompanyid=9341"
XERO = "https://go.xero.com/organisationlogin/default.aspx?shortcode=%21NLglS&redirecturl="
KNOWN = [
    ("hubspot", "contacts", "production", "https://app-eu1.hubspot.com/contacts/9341/record/0-1/7"),
    ("hubspot", "deals", "test", "https://app-eu1.hubspot.com/contacts/9341/record/0-3/7"),
    ("pipedrive", "organizations", "production", "https://acme.pipedrive.com/organization/7"),
    ("pipedrive", "persons", "test", "https://acme.pipedrive.com/person/7"),
    ("pipedrive", "deals", "production", "https://acme.pipedrive.com/deal/7"),
    ("quickbooks", "customers", "production", f"https://qbo.{QBO}&pagereq=customerdetail%3FnameId%3D7"),
    ("quickbooks", "invoices", "test", f"https://sandbox.qbo.{QBO}&pagereq=invoice%3FtxnId%3D7"),
    ("quickbooks", "payments", "production", f"https://qbo.{QBO}&pagereq=recvpayment%3FtxnId%3D7"),
    ("quickbooks", "purchases", "production", f"https://qbo.{QBO}&pagereq=expense%3FtxnId%3D7"),
    ("quickbooks", "bills", "test", f"https://sandbox.qbo.{QBO}&pagereq=bill%3FtxnId%3D7"),
    ("salesforce", "accounts", "production", "https://acme.my.salesforce.com/7"),
    ("salesforce", "contacts", "test", "https://acme--essai.sandbox.my.salesforce.com/7"),
    ("square", "customers", "production", "https://app.squareup.com/dashboard/customers/directory/customer/7"),
    ("square", "invoices", "production", "https://app.squareup.com/dashboard/invoices/7"),
    ("square", "payments", "production", "https://app.squareup.com/dashboard/sales/transactions/7"),
    ("square", "payments", "test", "https://squareupsandbox.com/dashboard/sales/transactions/7"),
    ("square", "customers", "test", ""),
    ("square", "invoices", "test", ""),
    ("stripe", "customers", "production", "https://dashboard.stripe.com/customers/7"),
    ("stripe", "payments", "test", "https://dashboard.stripe.com/test/payments/7"),
    ("xero", "contacts", "production", f"{XERO}/Contacts/View/7"),
    ("xero", "invoices", "test", f"{XERO}/AccountsReceivable/View.aspx?InvoiceID=7"),
    ("xero", "bills", "production", f"{XERO}/AccountsPayable/Edit.aspx?InvoiceID=7"),
]
SITES = {
    ("hubspot", "production"): "app-eu1.hubspot.com",
    ("hubspot", "test"): "app-eu1.hubspot.com",
    ("pipedrive", "production"): "acme",
    ("pipedrive", "test"): "acme",
    ("salesforce", "production"): "acme.my.salesforce.com",
    ("salesforce", "test"): "acme--essai.sandbox.my.salesforce.com",
    ("xero", "production"): "!NLglS",
    ("xero", "test"): "!NLglS",
}


@pytest.mark.parametrize(("slug", "name", "environment", "page"), KNOWN)
def test_an_object_has_the_page_that_its_provider_shows_it_on(slug, name, environment, page):
    resource = connectors.get(slug).resource(name)
    assert resource.web_page(environment, "9341", "7", SITES.get((slug, environment), "")) == page


@pytest.mark.parametrize(("connector", "resource"), DECLARED)
def test_the_simulator_has_no_pages_and_a_trial_console_is_another_one(connector, resource):
    assert resource.web_pages.keys() <= {"production", "test"}
    assert resource.web_page("simulator", "9341", "7", "acme") == ""
    real, test = resource.web_pages["production"], resource.web_pages.get("test", "")
    if connector.hosts["production"]["api"] != connector.hosts["test"]["api"]:
        # The account's own address tells both apart, else the console's.
        assert real != test or urlsplit(real).netloc == "{site}"
    assert all(page.startswith("https://") for page in resource.web_pages.values())


@pytest.mark.parametrize(("connector", "resource"), DECLARED)
def test_what_an_address_needs_and_nobody_told_gives_no_link(connector, resource):
    page = resource.web_pages["production"]
    assert bool(resource.web_page("production", "9341", "7")) == ("{site}" not in page or bool(resource.usual_site))
    assert bool(resource.web_page("production", "", "7", "acme")) == ("{account}" not in page)


def test_a_strange_id_or_site_leads_to_no_other_host():
    page = Resource("x", "X", "customer", web_pages={"production": "https://{site}.exemple.com/{id}"})
    strange = page.web_page("production", "", "../../a?b#c", "evil.example/")
    assert strange == "https://evil.example%2F.exemple.com/..%2F..%2Fa%3Fb%23c"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://acme.my.salesforce.com", "acme.my.salesforce.com"),
        ("https://na1.salesforce.com/", "na1.salesforce.com"),
        ("http://acme.my.salesforce.com", ""),
        ("https://salesforce.com.evil.example", ""),
        ("https://evil.example/.salesforce.com", ""),
        ("https://user@evil.example", ""),
        ("", ""),
    ],
)
def test_an_organization_of_salesforce_is_at_a_host_of_its_own(url, host):
    assert salesforce.site(TokenSet("jeton", extra={"instance_url": url})) == host


def test_hubspot_and_pipedrive_tell_where_the_account_is():
    assert hubspot.account({"portalId": 1, "uiDomain": "app-na2.hubspot.com"}, "test").site == "app-na2.hubspot.com"
    assert hubspot.account({"portalId": 1, "uiDomain": "app.hubspot.com.evil.example"}, "test").site == ""
    company = {"company_id": 1, "company_domain": "acme-2"}
    assert pipedrive.account({"data": company}, "test").site == "acme-2"
    assert pipedrive.account({"data": {**company, "company_domain": "evil.example/"}}, "test").site == ""
