"""What higher layers may listen to."""

from django.dispatch import Signal

integration_connected = Signal()
"""`integration`: an account was connected or reconnected."""

integration_disconnecting = Signal()
"""`integration`: its grant is about to be given back, and its secrets still open the account; outside a transaction."""

integration_disconnected = Signal()
"""`integration`: its secrets are about to go; inside the transaction."""

integration_status_changed = Signal()
"""`integration`, `before`: active, inactive, error or reconnect."""

sync_finished = Signal()
"""`job`: a synchronisation ended, whatever its status; inside the transaction."""

webhooks_switched = Signal()
"""`integration`: its webhooks were switched on or off (`webhooks_enabled`); inside the transaction."""

changes_pulled = Signal()
"""`integration`, `resource`, `remote_ids`, `since`: a run found these changes, made since `since` (the last time that
it had read the resource to its end); sent for integrations with webhooks only."""
