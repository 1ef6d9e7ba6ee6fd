"""PostgreSQL crashes under incoming calls: what was acknowledged is there, and the receiver goes on by itself."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest
from django.conf import settings

from tests import postgres
from tests.webhooks.inbound.web import Load, Web
from tests.webhooks.test_database_crash import crash
from tests.worker.running import until

pytestmark = [pytest.mark.soak, pytest.mark.processes, pytest.mark.timeout(300)]
DESK = """
import django
django.setup()
from tests.webhooks.inbound import served
from tests.webhooks.inbound.desk import Desk
from tests.webhooks.inbound.pretend import KEYED
print(Desk(KEYED).path)
"""


def test_no_acknowledged_event_is_lost_when_the_database_crashes(tmp_path, tell):
    with postgres.temporary(options=()) as url:
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "lacoste_integrations.settings", "DATABASE_URL": url}

        def run(*command: str) -> str:
            done = subprocess.run(
                [sys.executable, *command], env=environment, cwd=settings.BASE_DIR, check=True, text=True,
                stdout=subprocess.PIPE,
            )  # fmt: skip
            return done.stdout.strip()

        run("manage.py", "migrate", "-v0")
        path = run("-c", DESK).splitlines()[-1]
        web = Web(environment, tmp_path / "web.log")
        load = Load(web, path)
        try:
            for crashes in range(1, 4):
                seen = len(load.acknowledged)
                until(lambda seen=seen: len(load.acknowledged) > seen + 100, "calls before a crash", 60)
                crash(url)
                print(f"crash {crashes} after {len(load.acknowledged)} calls")
            seen = len(load.acknowledged)
            until(lambda: len(load.acknowledged) > seen + 100, "calls after the crashes", 60)
        finally:
            load.stop()
            web.stop()
        with psycopg.connect(url) as own:
            stored = {row[0] for row in own.execute("SELECT remote_id FROM webhooks_inboundevent").fetchall()}
            orphans = own.execute(
                "SELECT count(*) FROM webhooks_inboundrequest r"
                " WHERE NOT EXISTS (SELECT FROM webhooks_inboundevent e WHERE e.request_id = r.id)"
            ).fetchone()
    assert set(load.acknowledged) <= stored
    assert orphans == (0,)
    assert "Traceback" not in (tmp_path / "web.log").read_text()
    tell(f"{len(load.acknowledged)} provider calls acknowledged while the database crashed 3 times: 0 lost")
