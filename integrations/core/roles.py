"""Who may do what: two roles, decided in one place."""

from fnmatch import fnmatchcase

ADMINISTRATOR = "administrator"
SUPPORT = "support"

ROLES = [(ADMINISTRATOR, "Administration"), (SUPPORT, "Soutien")]

# Support staff correct records and read the log. Whatever holds credentials is not in this list, and must not be.
SUPPORT_PERMISSIONS = ("core.view_auditevent", "records.view_*", "records.change_*")


def role_has_permission(role: str, permission: str) -> bool:
    """Say whether a role holds a Django permission ("app_label.action_model")."""
    if role == ADMINISTRATOR:
        return True
    return role == SUPPORT and any(fnmatchcase(permission, pattern) for pattern in SUPPORT_PERMISSIONS)


def role_sees_app(role: str, app_label: str) -> bool:
    """Say whether a role holds any permission in an app: the admin lists the app then."""
    return role == ADMINISTRATOR or (
        role == SUPPORT and any(pattern.split(".")[0] == app_label for pattern in SUPPORT_PERMISSIONS)
    )
