"""The examples of docs/webhooks.md verify what is really sent."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from webhooks import signing

PAGE = (Path(__file__).resolve().parents[2] / "docs/webhooks.md").read_text()
OLD, NEW, OTHER = signing.new_secret(), signing.new_secret(), signing.new_secret()
BODY = '{"data":{"nom":"Zoé"},"type":"customer.created"}'.encode()


def examples(language: str) -> str:
    return "\n\n".join(re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture
def headers() -> dict[str, str]:
    """What is sent during a rotation, names in lower case."""
    sent = signing.headers([NEW, OLD], "evt_1", int(time.time()), BODY)
    return {name.lower(): value for name, value in sent.items()}


@pytest.fixture
def python() -> dict[str, Any]:
    """The functions of the Python examples."""
    found: dict[str, Any] = {}
    exec(examples("python"), found)
    return found


@pytest.mark.parametrize(("secret", "expected"), [(OLD, True), (NEW, True), (OTHER, False)])
def test_the_python_examples_accept_the_live_secrets_only(python, headers, secret, expected):
    assert python["is_authentic"](BODY, headers, secret) is expected
    assert python["is_authentic_simple"](BODY, headers, secret) is expected
    if expected:
        assert python["receive"](BODY, headers, secret)["type"] == "customer.created"
    else:
        with pytest.raises(WebhookVerificationError):
            python["receive"](BODY, headers, secret)


def test_the_python_examples_refuse_another_body_and_an_old_call(python, headers):
    assert not python["is_authentic"](BODY + b" ", headers, NEW)
    assert not python["is_authentic_simple"](BODY + b" ", headers, NEW)
    old = signing.headers([NEW], "evt_1", int(time.time()) - 400, BODY)
    assert not python["is_authentic"](BODY, old, NEW)


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node")
@pytest.mark.parametrize(("secret", "expected"), [(OLD, True), (NEW, True), (OTHER, False)])
def test_the_javascript_examples_accept_the_live_secrets_only(headers, secret, expected):
    arguments = f"Buffer.from({json.dumps(BODY.decode())}), {json.dumps(headers)}, {json.dumps(secret)}"
    calls = f"console.log(JSON.stringify([isAuthentic({arguments}), isAuthenticSimple({arguments})]));"
    done = subprocess.run(
        ["node", "-"], input=examples("javascript") + calls, capture_output=True, text=True, timeout=30
    )
    assert json.loads(done.stdout) == [expected, expected], done.stderr
