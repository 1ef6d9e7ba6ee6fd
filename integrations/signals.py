"""What higher layers may listen to."""

from django.dispatch import Signal

integration_connected = Signal()
"""`integration`: an account was connected or reconnected."""

integration_disconnected = Signal()
"""`integration`: its secrets are about to go; inside the transaction."""

integration_status_changed = Signal()
"""`integration`, `before`: active, inactive, error or reconnect."""

sync_finished = Signal()
"""`job`: a synchronisation ended, whatever its status; inside the transaction."""
