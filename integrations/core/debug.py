"""Django's page for developers shows local variables and posted values: credentials among them are hidden too."""

from __future__ import annotations

from types import FrameType
from typing import Any

from django.http import HttpRequest, QueryDict
from django.views.debug import SafeExceptionReporterFilter

from .masking import MASK, is_secret_name, mask_text


class Shown:
    """A variable as the page will print it. Lazy: a `repr` that fails is the page's business."""

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        self.value = value

    def __repr__(self) -> str:
        return MASK if is_secret_name(self.name) else mask_text(repr(self.value))


class MaskingReporterFilter(SafeExceptionReporterFilter):
    """Hides secrets by name and shape, whether or not the code around marked them as sensitive."""

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> Any:
        variables = super().get_traceback_frame_variables(request, tb_frame)
        return [(name, Shown(name, value)) for name, value in variables]

    def get_post_parameters(self, request: HttpRequest | None) -> QueryDict:
        posted = QueryDict(mutable=True)
        if request is not None:
            allowed: Any = super().get_post_parameters(request)
            for name, values in allowed.lists():
                posted.setlist(name, [MASK if is_secret_name(name) else mask_text(value) for value in values])
        return posted
