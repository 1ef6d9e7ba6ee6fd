"""`make run`: prepare the database and the demo data, then run web, simulator and worker together until Ctrl-C.

PORT, SIMULATOR_PORT, DATA_DIR and every other name of `.env.example` are read from the environment, then from `.env`.
"""

import errno
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import honcho.manager
from honcho.environ import parse, parse_procfile
from honcho.printer import Printer

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60
# The worker lets its children finish their page; honcho's own 5 s would kill it meanwhile.
honcho.manager.KILL_WAIT = 15


def environment() -> dict[str, str]:
    """Variables for every process: the shell's, then `.env`'s, then defaults that follow the two ports."""
    file = ROOT / ".env"
    env = (parse(file.read_text()) if file.exists() else {}) | os.environ
    env.setdefault("PORT", "8000")
    env.setdefault("SIMULATOR_PORT", "8001")
    env.setdefault("SITE_URL", f"http://localhost:{env['PORT']}")
    env.setdefault("SIMULATOR_URL", f"http://localhost:{env['SIMULATOR_PORT']}")
    # Lets a first webhook endpoint be a receiver on this machine.
    env.setdefault("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.1/32:9000")
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}"
    env["PYTHONUNBUFFERED"] = "1"
    if env.get("DEBUG", "").lower() in ("1", "true", "yes", "on"):
        env.setdefault("GUNICORN_CMD_ARGS", "--reload")
    return env


def refuse_taken_ports(env: dict[str, str]) -> None:
    """Exit with one clear line when a port is in use or is no port."""
    for name in ("PORT", "SIMULATOR_PORT"):
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", int(env[name])))
        except (ValueError, OverflowError):
            sys.exit(f"{name}={env[name]} is not a port.")
        except OSError as error:
            why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            sys.exit(f"Port {env[name]} {why}. Choose another: make run {name}={int(env[name]) + 100}")


def manage(*arguments: str, env: dict[str, str]) -> str:
    """Run a management command; return what it printed. A failure ends the program with that command's own words."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}manage.py {arguments[0]} failed.")
    return done.stdout


def prepare(env: dict[str, str]) -> str:
    """Bring database, static files and demo data up to date; return the text to show once the site answers."""
    print("Preparing the database, the static files and the demo data …", flush=True)
    manage("migrate", "--verbosity=0", env=env)
    manage("createcachetable", env=env)
    manage("collectstatic", "--no-input", "--verbosity=0", env=env)
    return manage("demo", env=env)


def announce(text: str, port: str) -> None:
    """Print the text as soon as /healthz answers, so that it is the last thing that a person reads."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                time.sleep(1)  # let the processes say their own first lines
                print(f"\n{text}\nCtrl-C stops everything.\n", flush=True)
                return
        except OSError:
            time.sleep(0.2)
    print(f"The site does not answer on port {port} after {READY_SECONDS} s: see the lines above.", flush=True)


def main() -> None:
    """Prepare, start, announce, and wait; Ctrl-C or SIGTERM stops every process."""
    env = environment()
    refuse_taken_ports(env)
    text = prepare(env)
    manager = honcho.manager.Manager(Printer(sys.stdout))
    for name, command in parse_procfile((ROOT / "deploy/Procfile").read_text()).processes.items():
        manager.add_process(name, command, env=env, cwd=str(ROOT))
    threading.Thread(target=announce, args=(text, env["PORT"]), daemon=True).start()
    manager.loop()
    # 130 and 143 are how a person ends it: no failure, so make prints no error.
    sys.exit(0 if manager.returncode in (130, 143) else manager.returncode)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
