"""Building blocks for the Django admin. Who sees what follows from `User.has_perm`, that is from the role."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest


class ReadOnlyAdmin:
    """Put left of ModelAdmin: the rows can be looked at, whatever the role."""

    actions: Any = None

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
