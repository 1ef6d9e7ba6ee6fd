"""Tasks that the worker's processes run for the tests; they leave a file behind as a sign."""

import os
import time
from pathlib import Path

from integrations import queue


def touch(path: str) -> None:
    """Tell that a bell was answered."""
    Path(path).touch()


def nap(seconds: str, began: str, ended: str) -> None:
    """Keep a worker process busy; one file tells its number at the beginning, the other the end."""
    _write(began, str(os.getpid()))
    time.sleep(float(seconds))
    Path(ended).touch()


def work_until_stopped(began: str, stopped: str) -> None:
    """A long task that looks now and then whether the worker is asked to stop."""
    Path(began).touch()
    for _ in range(600):
        if queue.stopping():
            Path(stopped).touch()
            return
        time.sleep(0.1)


def _write(path: str, text: str) -> None:
    """Whole or not at all: somebody waits for the file."""
    Path(f"{path}.new").write_text(text)
    Path(f"{path}.new").rename(path)
