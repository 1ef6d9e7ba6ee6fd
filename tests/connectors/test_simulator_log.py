"""The simulator's log of requests, which tests read."""

from __future__ import annotations

import threading
import time

import requests

from tests.simulator import DEMO_KEY, Control


def test_a_request_that_is_still_answered_does_not_enter_a_log_emptied_meanwhile(simulator: Control) -> None:
    simulator.fault("slow", path="/v1/ping", seconds=1)
    address = f"{simulator.url}/rovida/v1/ping"
    asked = threading.Thread(target=lambda: requests.get(address, headers={"X-API-Key": DEMO_KEY}, timeout=10))
    asked.start()
    while simulator.call("GET", "/rovida/faults")["data"]:
        time.sleep(0.01)  # until the request has begun
    simulator.forget_requests()
    asked.join()
    assert simulator.requests() == []
