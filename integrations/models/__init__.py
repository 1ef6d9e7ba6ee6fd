"""The models of the app, one module per idea."""

from integrations.models.connection import (
    ConflictPolicy,
    Credential,
    Direction,
    Environment,
    Frequency,
    Integration,
    PushFrequency,
    Status,
    Weekday,
)
from integrations.models.control import EmergencyStop
from integrations.models.mapping import DataType, FieldMapping, LinkState, MappingDirection, RecordLink
from integrations.models.merge import RecordMerge
from integrations.models.oauth import OAuthAttempt, ProviderApp
from integrations.models.push import (
    Conflict,
    ConflictState,
    PushOperation,
    PushStatus,
    RemoteOption,
    SentChange,
    SlotRule,
)
from integrations.models.sync import (
    OPEN_STATUSES,
    Exchange,
    JobStatus,
    SyncCursor,
    SyncError,
    SyncJob,
    Trigger,
)
from integrations.models.undo import RunUndo
from integrations.models.worker import WorkerHost

__all__ = [
    "OPEN_STATUSES",
    "Conflict",
    "ConflictPolicy",
    "ConflictState",
    "Credential",
    "DataType",
    "Direction",
    "EmergencyStop",
    "Environment",
    "Exchange",
    "FieldMapping",
    "Frequency",
    "Integration",
    "JobStatus",
    "LinkState",
    "MappingDirection",
    "OAuthAttempt",
    "ProviderApp",
    "PushFrequency",
    "PushOperation",
    "PushStatus",
    "RecordLink",
    "RecordMerge",
    "RemoteOption",
    "RunUndo",
    "SentChange",
    "SlotRule",
    "Status",
    "SyncCursor",
    "SyncError",
    "SyncJob",
    "Trigger",
    "Weekday",
    "WorkerHost",
]
