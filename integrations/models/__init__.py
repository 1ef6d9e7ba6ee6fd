"""The models of the app, one module per idea."""

from integrations.models.approval import (
    Approval,
    ApprovalReason,
    ApprovalRun,
    ApprovalState,
    GuardMark,
    HeldChange,
    RiskyAction,
    SeenPage,
    Side,
)
from integrations.models.connection import (
    ConflictPolicy,
    Credential,
    DeletionPolicy,
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
from integrations.models.rate import RateBucket
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
    "Approval",
    "ApprovalReason",
    "ApprovalRun",
    "ApprovalState",
    "Conflict",
    "ConflictPolicy",
    "ConflictState",
    "Credential",
    "DataType",
    "DeletionPolicy",
    "Direction",
    "EmergencyStop",
    "Environment",
    "Exchange",
    "FieldMapping",
    "Frequency",
    "GuardMark",
    "HeldChange",
    "Integration",
    "JobStatus",
    "LinkState",
    "MappingDirection",
    "OAuthAttempt",
    "ProviderApp",
    "PushFrequency",
    "PushOperation",
    "PushStatus",
    "RateBucket",
    "RecordLink",
    "RecordMerge",
    "RemoteOption",
    "RiskyAction",
    "RunUndo",
    "SeenPage",
    "SentChange",
    "Side",
    "SlotRule",
    "Status",
    "SyncCursor",
    "SyncError",
    "SyncJob",
    "Trigger",
    "Weekday",
    "WorkerHost",
]
