"""Settings of the benchmark: the product's own periods on the tests' environment."""

import os

from tests.settings import *  # noqa: F403

LEASE_SECONDS = SLICE_SECONDS = 20.0
LOGGING = {"version": 1, "disable_existing_loggers": True}
SIMULATOR_URL = os.environ.get("SIMULATOR_URL", "")
WEBHOOK_ALLOWED_NETWORKS = [network for network in [os.environ.get("WEBHOOK_ALLOWED_NETWORKS")] if network]
WEBHOOK_THREADS = 96
