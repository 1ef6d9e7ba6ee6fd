"""Settings of the test run: the product's own, read from an environment that owes nothing to the developer's machine.

Everything is set through the environment, so that the processes which tests start (worker, simulator) see the same.
Only `DATABASE_URL` is taken as it is given; without it the tests use a SQLite file.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def data_folder() -> Path:
    """The folder of this test run; processes that a test starts with these settings share it and leave it alone."""
    given = os.environ.get("TESTS_DATA_DIR")
    if given:
        return Path(given)
    folder, owner = Path(tempfile.mkdtemp(prefix="lacoste-tests-")), os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not in a process forked from this one
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    os.environ["TESTS_DATA_DIR"] = str(folder)
    return folder


DATA = data_folder()

os.environ.setdefault("DATABASE_URL", f"sqlite:///{DATA / 'db.sqlite3'}")
os.environ.update(
    DATA_DIR=str(DATA),
    SECRET_KEY="a key for tests only, long enough to please every check of Django's",
    CREDENTIALS_KEYS="t1:" + "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    DEBUG="0",
    DEMO="1",
    ALLOW_SQLITE="1",
    SITE_URL="http://localhost:8000",
    ALLOWED_HOSTS="localhost,127.0.0.1,[::1],testserver",
    EMAIL_URL="memorymail://",
    CONNECTOR_HOSTS="{}",
    # Short leases and beats: a killed process is noticed within seconds.
    LEASE_SECONDS="2",
    SLICE_SECONDS="2",
    SWEEP_SECONDS="0.3",
    BEAT_SECONDS="0.5",
    BEAT_TIMEOUT_SECONDS="5",
    STOP_GRACE_SECONDS="3",
)

from lacoste_integrations.settings import *  # noqa: E402, F403
from lacoste_integrations.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed; never outside the tests

# A file, not SQLite's default in memory: threads and child processes must see the same database.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(DATA / "test.sqlite3")}

# No manifest: tests need no collectstatic.
STATIC_ROOT = DATA / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
