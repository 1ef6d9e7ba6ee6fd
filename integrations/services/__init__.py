"""What people and schedules do with integrations and their synchronisations; every act is audited."""

from integrations.services.approvals import approve, refuse, release, release_and_sync
from integrations.services.apps import remove_app, save_app
from integrations.services.connecting import connect, default_mappings, reconnect
from integrations.services.consent import (
    Consented,
    ConsentFailed,
    ask_consent,
    choose_account,
    finish_consent,
    waiting_choice,
)
from integrations.services.errors import Refused
from integrations.services.following import Look, Result, Seen, follow, seen_of
from integrations.services.lifecycle import (
    OPTIONS,
    change_options,
    delete,
    disable,
    disconnect,
    enable,
    test_connection,
)
from integrations.services.mappings import change_mappings, change_object_policy
from integrations.services.merging import Merged, merge_customers, settle_merges
from integrations.services.previews import apply_preview, request_preview
from integrations.services.review import (
    Rule,
    refresh_options,
    resolve_conflict,
    retry_push,
    retry_refused,
    save_slot_rules,
)
from integrations.services.stopping import resume_everything, stop_everything
from integrations.services.syncing import (
    RUN_SYNC,
    cancel_sync,
    dismiss_error,
    enqueue_pushes,
    enqueue_scheduled,
    request_sync,
    retry_error,
    retry_errors,
)
from integrations.services.undoing import UndoPreview, preview_undo, request_undo, work_undos

__all__ = [
    "OPTIONS",
    "RUN_SYNC",
    "ConsentFailed",
    "Consented",
    "Look",
    "Merged",
    "Refused",
    "Result",
    "Rule",
    "Seen",
    "UndoPreview",
    "apply_preview",
    "approve",
    "ask_consent",
    "cancel_sync",
    "change_mappings",
    "change_object_policy",
    "change_options",
    "choose_account",
    "connect",
    "default_mappings",
    "delete",
    "disable",
    "disconnect",
    "dismiss_error",
    "enable",
    "enqueue_pushes",
    "enqueue_scheduled",
    "finish_consent",
    "follow",
    "merge_customers",
    "preview_undo",
    "reconnect",
    "refresh_options",
    "refuse",
    "release",
    "release_and_sync",
    "remove_app",
    "request_preview",
    "request_sync",
    "request_undo",
    "resolve_conflict",
    "resume_everything",
    "retry_error",
    "retry_errors",
    "retry_push",
    "retry_refused",
    "save_app",
    "save_slot_rules",
    "seen_of",
    "settle_merges",
    "stop_everything",
    "test_connection",
    "waiting_choice",
    "work_undos",
]
