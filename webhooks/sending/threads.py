"""Threads that wait for other systems. They are daemons: a process that ends waits for none of them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

Task = Callable[[], None]


class Threads:
    """At most `most` threads, started when needed and kept; tasks never raise. at_end: the last thing of a thread."""

    def __init__(self, most: int, at_end: Task = lambda: None) -> None:
        self._most, self._at_end = most, at_end
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._started = 0
        self._busy = 0

    def run(self, task: Task) -> None:
        """Run the task in a thread; it waits when all are busy."""
        with self._lock:
            self._busy += 1
            if self._busy > self._started and self._started < self._most:
                self._started += 1
                threading.Thread(target=self._work, name=f"webhook-{self._started}", daemon=True).start()
        self._tasks.put(task)

    def close(self) -> None:
        """Let every thread end after its task."""
        for _ in range(self._started):
            self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task()
            finally:
                with self._lock:
                    self._busy -= 1
        self._at_end()
