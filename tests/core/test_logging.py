"""Whatever is logged, by whomever, leaves the process redacted."""

import io
import json
import logging
import logging.config
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.test import Client, RequestFactory

from integrations.core.logging import FIXED_AT_INFO, logging_config
from integrations.core.masking import MASK

ROOT = Path(__file__).resolve().parents[2]


class Log:
    """The configured root handler, writing to memory."""

    def __init__(self, handler: logging.StreamHandler[Any]) -> None:
        self.stream = io.StringIO()
        handler.setStream(self.stream)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(params=[True, False], ids=["json", "console"])
def json_lines(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def log(json_lines: bool) -> Iterator[Log]:
    """The product's configuration on the root logger, and the former handlers back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logging.config.dictConfig(logging_config(json_lines=json_lines))
    [handler] = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    yield Log(handler)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_standard_loggers_pass_the_redaction(log: Log) -> None:
    logging.getLogger("some.library").warning("refused %s for %s", "Bearer abc123", "sk_live_51Hx")
    assert MASK in log.text
    assert "abc123" not in log.text
    assert "51Hx" not in log.text


def test_extra_and_bound_values_are_masked_by_name(log: Log) -> None:
    logging.getLogger("some.library").info("sent", extra={"headers": {"X-Api-Key": "hunter2", "Accept": "json"}})
    structlog.get_logger("ours").info("connected", client_secret="hunter3", account="A-1")
    assert "hunter" not in log.text
    assert "json" in log.text
    assert "A-1" in log.text


def test_exception_texts_and_tracebacks_are_redacted(log: Log) -> None:
    try:
        try:
            raise KeyError("refresh_token=hunter2")
        except KeyError as error:
            raise ValueError("HTTP 401 at https://api.example.com/token?code=4/P7q7&state=xyz1") from error
    except ValueError:
        logging.getLogger("some.library").exception("failed with password=hunter3")
        structlog.get_logger("ours").exception("failed again")
    assert log.text.count("ValueError: HTTP 401 at https://api.example.com/token?…") == 2
    assert not any(secret in log.text for secret in ("hunter", "P7q7", "xyz1"))


def test_objects_in_an_event_are_redacted_once_they_are_text(log: Log) -> None:
    class Exchange:
        def __repr__(self) -> str:
            return "<Exchange token=hunter2>"

    structlog.get_logger("ours").info("exchange", exchange=Exchange(), many=[Exchange()])
    logging.getLogger("some.library").info("exchange", extra={"exchange": Exchange()})
    assert "hunter2" not in log.text
    assert log.text.count("<Exchange token=") == 3


def test_query_strings_are_dropped_from_request_lines(log: Log) -> None:
    logging.getLogger("django.server").info(
        '"%s" %s', "GET /integrations/oauth/callback/xero?scope=a&foo=b HTTP/1.1", 200
    )
    request = RequestFactory().get("/integrations?courriel=marie%40example.com")
    logging.getLogger("django.request").warning("Not Found: %s", request.path, extra={"request": request})
    assert "GET /integrations/oauth/callback/xero?…" in log.text
    assert "foo" not in log.text
    assert "marie" not in log.text


@pytest.mark.parametrize("json_lines", [True], ids=["json"], indirect=True)
def test_a_json_line_says_when_who_and_how_bad(log: Log) -> None:
    logging.getLogger("some.library").error("échec")
    [line] = log.lines
    assert line["event"] == "échec"
    assert (line["level"], line["logger"]) == ("error", "some.library")
    assert line["timestamp"].endswith("Z")


def test_loggers_of_http_libraries_never_go_below_info(log: Log) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    for name in FIXED_AT_INFO:
        logging.getLogger(f"{name}.any").debug("body of an exchange")
    assert log.text == ""


@pytest.mark.parametrize("name", ["django", "django.server", "gunicorn.error", "gunicorn.access"])
def test_no_logger_goes_round_the_root_handler(json_lines: bool, name: str) -> None:
    logger, root = logging.getLogger(name), logging.getLogger()
    former, level = root.handlers[:], root.level
    logger.addHandler(logging.StreamHandler())
    logger.propagate = False
    try:
        logging.config.dictConfig(logging_config(json_lines=json_lines))
        kept = logger.handlers[:]
        assert (kept, logger.propagate) == ([], True)
    finally:
        root.handlers[:], logger.handlers, logger.propagate = former, [], True
        root.setLevel(level)


@pytest.mark.parametrize("json_lines", [True], ids=["json"], indirect=True)
def test_each_request_leaves_one_line_with_its_id_and_no_query(log: Log, client: Client, db: None) -> None:
    response = client.get(
        "/accounts/login/?next=/integrations&secret_thing=1", headers={"X-Request-ID": "chosen-by-me"}
    )
    [line] = [line for line in log.lines if line["logger"] == "requests"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/accounts/login/", 200)
    assert line["request_id"] == response["X-Request-ID"] != "chosen-by-me"
    assert "secret_thing" not in log.text


def test_the_id_given_by_our_own_proxy_is_kept(client: Client, db: None, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    assert client.get("/accounts/login/", headers={"X-Request-ID": "0123abcd"})["X-Request-ID"] == "0123abcd"
    assert client.get("/accounts/login/", headers={"X-Request-ID": "a b\tc<>defgh"})["X-Request-ID"] != "a b\tc<>defgh"


def test_the_configuration_loads_without_django() -> None:
    code = (
        "import sys, logging.config; from integrations.core.logging import logging_config;"
        "logging.config.dictConfig(logging_config(json_lines=True)); assert 'django' not in sys.modules"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
