"""`manage.py demo` and `manage.py simulator`."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from pytest_django import Settings

from integrations.core import roles
from integrations.models import ProviderApp
from integrations.records.models import Customer


@pytest.fixture
def data(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def demo() -> str:
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def printed_password(text: str) -> str:
    match = re.search(r"Password +(.+)", text)
    assert match
    return match[1]


@pytest.mark.django_db
def test_the_demo_prints_a_password_that_opens_the_account(data: Path) -> None:
    password = printed_password(demo())
    administrator = get_user_model().objects.get(role=roles.ADMINISTRATOR)
    support = get_user_model().objects.get(role=roles.SUPPORT)
    assert administrator.check_password(password) and support.check_password(password)
    assert (data / "demo-password").stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_a_second_run_prints_the_same_and_adds_nothing(data: Path) -> None:
    first, customers = demo(), Customer.objects.count()
    assert demo() == first
    assert Customer.objects.count() == customers > 0
    assert get_user_model().objects.count() == 2


@pytest.mark.django_db
def test_the_demo_registers_the_applications_of_the_simulator_and_keeps_those_of_a_person(data: Path) -> None:
    ProviderApp.objects.create(provider="xero", environment="simulator", client_id="ours", client_secret="s")
    demo()
    assert ProviderApp.objects.get(provider="quickbooks").client_id == "qb-demo-client"
    ProviderApp.objects.update(client_id="changed")
    demo()
    assert set(ProviderApp.objects.values_list("client_id", flat=True)) == {"changed"}


@pytest.mark.django_db
def test_the_demo_never_undoes_a_password_that_someone_chose(data: Path) -> None:
    demo()
    administrator = get_user_model().objects.get(role=roles.ADMINISTRATOR)
    administrator.set_password("Un-autre-mot-de-passe-1")
    administrator.save()
    assert printed_password(demo()) == "the one chosen since"
    administrator.refresh_from_db()
    assert administrator.check_password("Un-autre-mot-de-passe-1")


@pytest.mark.django_db
def test_a_lost_password_file_gives_a_new_password(data: Path) -> None:
    first = printed_password(demo())
    (data / "demo-password").unlink()
    second = printed_password(demo())
    assert second != first
    assert get_user_model().objects.get(role=roles.ADMINISTRATOR).check_password(second)


@pytest.mark.parametrize("command", ["demo", "simulator"])
def test_outside_demo_mode_it_is_refused(settings: Settings, command: str) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command(command)


def test_the_simulator_serves_over_http(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "manage.py", "simulator", "--port", str(port), "--state", str(tmp_path / "state")]
    with subprocess.Popen(command, env=os.environ | {"DJANGO_SETTINGS_MODULE": "lacoste_integrations.settings"}) as it:
        try:
            assert answers_within(10, f"http://127.0.0.1:{port}/_control/")
        finally:
            it.terminate()
    assert (tmp_path / "state").exists()


def answers_within(seconds: float, url: str) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            time.sleep(0.1)
    return False
