"""`python -m connectors.simulator --port 8001 --state var/simulator.sqlite3`."""

from __future__ import annotations

import argparse
import logging
import signal

from werkzeug.serving import make_server

from connectors.simulator.app import create_app
from connectors.simulator.serving import SimulatorHandler


def serve(host: str, port: int, state: str) -> None:
    """Serve until interrupted or terminated; port 0 takes a free one."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # A shell that starts us in the background leaves SIGINT ignored.
        signal.signal(number, signal.default_int_handler)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server(host, port, create_app(state), threaded=True, request_handler=SimulatorHandler)
    print(f"Simulator on http://{host}:{server.server_port}", flush=True)  # noqa: T201 - a command's answer
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="connectors.simulator", description="Fake providers over HTTP.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--state", default="simulator.sqlite3", help="SQLite file that keeps the state")
    options = parser.parse_args()
    serve(options.host, options.port, options.state)


if __name__ == "__main__":
    main()
