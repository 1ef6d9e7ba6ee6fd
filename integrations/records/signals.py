"""What other layers may listen to."""

from django.dispatch import Signal

# Sent once per call of the door that changed something, inside its transaction, with
# `changes` (list of Applied, without the unchanged ones) and `origin` (Origin).
# A receiver costs a constant number of queries per call; an exception rolls everything back.
records_changed = Signal()

# Sent inside the transaction that wrote Event rows, with `events` (list of NewEvent): there is something to hand on.
events_written = Signal()
