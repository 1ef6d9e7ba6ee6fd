"""Voyager when it does not go well: mostly a text inside a success."""

import base64

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer
from connectors.base.errors import AuthExpired, Malformed, Misconfigured, RateLimited, Rejected, Transient
from connectors.base.limiter import TokenBucket
from connectors.yardi import errors, soap
from tests.connectors.yardi.conftest import read
from tests.connectors.yardi.contract import KEY

ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<PingResponse xmlns="urn:x"><PingResult>{}</PingResult></PingResponse></s:Body></s:Envelope>'
)


def told(inner, status=200):
    return errors.classify(
        "Yardi", Answer("POST", status, CaseInsensitiveDict(), soap.parse(ENVELOPE.format(inner).encode()))
    )


@pytest.mark.parametrize("how", ["text", "empty"])
def test_a_wrong_access_is_known_however_it_is_answered(connect, simulator, how):
    simulator.configure("yardi", wrong_login=how)
    with pytest.raises(AuthExpired, match="mot de passe"):
        connect(password="autre").check()


def test_a_wrong_licence_is_a_setting_to_correct(connect):
    with pytest.raises(Misconfigured, match="licence"):
        connect(license="LIC-AUTRE").check()
    with pytest.raises(Misconfigured, match="licence"):
        read(connect(license_common_data="LIC-AUTRE"), "units")


def test_an_incomplete_access_is_told_before_anything_is_sent(connect, judge):
    with pytest.raises(Misconfigured, match="Serveur"):
        connect(server_name=" ").check()
    assert judge.operations == []


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_server_is_left_alone_for_a_minute(yardi, simulator, status):
    simulator.fault("error", slug="yardi", status=status)
    with pytest.raises(Transient) as caught:
        yardi.check()
    assert caught.value.retry_after == 60
    assert len(simulator.requests("yardi")) == 1


@pytest.mark.parametrize(
    ("inner", "error"),
    [
        ("<E><Error>Rate limit exceeded for this interface.</Error></E>", RateLimited),
        ("<E><ErrorMessages><Error>Login failed. Please check it.</Error></ErrorMessages></E>", AuthExpired),
        ("<E><ErrorDescription>Access is denied.</ErrorDescription></E>", Misconfigured),
        ("Login failed. Please check login credentials and try again.", AuthExpired),
    ],
)
def test_a_text_in_a_success_is_an_error(inner, error):
    found = told(inner)
    assert isinstance(found, error) and found.sentence.count("«") == (error is not RateLimited)


def test_an_error_that_depends_on_the_operation_is_left_to_it():
    assert told("<E><Error>Could not find Property:x.</Error></E>") is None
    assert errors.nothing_found(["No service requests found."]) and errors.nothing_found(["None found"])
    assert not errors.nothing_found(["Could not find Property:x."]) and not errors.nothing_found([])


def test_a_fault_of_the_server_is_tried_again_and_one_of_ours_is_not(yardi, simulator):
    simulator.fault("error", slug="yardi")
    assert yardi.check().id
    assert yardi.retries == 1
    with pytest.raises(Rejected, match="SoapException"):
        yardi.call(soap.SERVICE_REQUESTS, "GetVendorConfiguration", {})
    assert len(simulator.requests("yardi")) == 3


def test_neither_entities_nor_other_documents_are_read():
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]><Envelope><Body>&a;</Body></Envelope>'
    for body in (bomb, b"<html><body/></html>", b"<Envelope>", b"{}", b""):
        with pytest.raises(ValueError, match=r"."):
            soap.parse(body)


def test_an_answer_without_its_result_is_malformed():
    with pytest.raises(Malformed, match="forme prévue"):
        soap.result({"Body": {"AutreResponse": {}}}, "Ping")
    assert soap.result({"Body": {"PingResponse": ""}}, "Ping") == {}


def test_texts_survive_the_envelope():
    text = "Œ & <b> \"'é\n\tfin\x00\x0b🏠"
    body = soap.envelope("Itf", "Op", soap.elements({"A": text}))
    assert b"\n" not in body
    assert soap.parse(body)["Body"]["Op"]["A"] == "Œ & <b> \"'é\n\tfin🏠"


def test_no_part_of_the_access_stands_in_any_exchange(connect, exchanges):
    connector = connect(config={"http_basic": "oui"})
    connector.check()
    with pytest.raises(AuthExpired):
        connect(password="l'autre & <lui>").check()
    kept = repr(exchanges)
    secrets = [KEY["user_name"], KEY["password"], KEY["license"], "l'autre & <lui>"]
    shown = [form for secret in secrets for form in (secret, soap.escape(secret)) if form in kept]
    assert shown == []
    assert base64.b64encode(f"{KEY['user_name']}:{KEY['password']}".encode()).decode() not in kept


@pytest.mark.parametrize(("written", "rate"), [("", 1), ("0,5", 2), ("2", 0.5)])
def test_the_pause_between_two_calls_is_a_setting(connect, written, rate):
    connector = connect(config={"pause_seconds": written}, limiter=None)
    assert isinstance(connector._limiter, TokenBucket)
    assert connector._limiter._limits.rate == rate
    assert connect(config={"pause_seconds": "0"}, limiter=None)._limiter is None
    with pytest.raises(Misconfigured, match="pause"):
        connect(config={"pause_seconds": "peu"}, limiter=None)
