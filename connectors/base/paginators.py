"""How the next page of a list is named. A token names a page ("" is the first); every paginator refuses to loop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from connectors.base.classify import Answer
from connectors.base.errors import Malformed, RepeatedCursor
from connectors.base.resource import dig


class Paginator(ABC):
    """Walks one list, once. `params(token)` asks for a page; `advance(token, answer, count)` names the one after it."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def params(self, token: str) -> dict[str, str]:
        """Query parameters that ask for the page that the token names."""
        return {}

    def url(self, token: str) -> str:
        """Whole URL of that page, empty when the parameters say it all."""
        return ""

    def advance(self, token: str, answer: Answer, count: int) -> str:
        """Token of the page after this answer, which held `count` records; "" after the last one.

        RepeatedCursor when the provider names a page that was already read.
        """
        self._seen.add(token)
        following = self._following(token, answer, count)
        if following and following in self._seen:
            raise RepeatedCursor(
                "Le fournisseur donne deux fois la même page : la lecture est arrêtée pour ne pas tourner en rond. Les "
                "pages déjà lues sont conservées. Relancez plus tard; si cela se répète, signalez-le au fournisseur.",
                status=answer.status,
            )
        return following

    @abstractmethod
    def _following(self, token: str, answer: Answer, count: int) -> str:
        """Token of the following page, "" when there is none."""


class SinglePage(Paginator):
    """A list that comes whole."""

    def _following(self, token: str, answer: Answer, count: int) -> str:
        return ""


class CursorPage(Paginator):
    """An opaque cursor in the answer, given back in a parameter. `more_path`: flag that says whether a page follows."""

    def __init__(self, param: str = "cursor", cursor_path: str = "next_cursor", more_path: str = "") -> None:
        super().__init__()
        self._param, self._cursor_path, self._more_path = param, cursor_path, more_path

    def params(self, token: str) -> dict[str, str]:
        """The cursor, except for the first page."""
        return {self._param: token} if token else {}

    def _following(self, token: str, answer: Answer, count: int) -> str:
        cursor = dig(answer.data, self._cursor_path)
        if self._more_path and not dig(answer.data, self._more_path):
            return ""
        if self._more_path and not cursor:
            raise Malformed(
                "Le fournisseur annonce une page suivante sans dire comment la demander. Relancez plus tard; si cela "
                "se répète, signalez-le au fournisseur.",
                status=answer.status,
            )
        return str(cursor or "")


class NumberedPage(Paginator):
    """Pages numbered from 1; `total_path`: the number of pages. Without it, a page that is not full is the last."""

    def __init__(self, page_size: int, param: str = "page", total_path: str = "") -> None:
        super().__init__()
        self._page_size, self._param, self._total_path = page_size, param, total_path

    def params(self, token: str) -> dict[str, str]:
        """The page's number."""
        return {self._param: token or "1"}

    def _following(self, token: str, answer: Answer, count: int) -> str:
        number = int(token or 1)
        last = number >= _whole(answer, self._total_path) if self._total_path else count < self._page_size
        return "" if last else str(number + 1)


class OffsetPage(Paginator):
    """A position in the list; `total_path`: the number of records. Without it, a page that is not full is the last."""

    def __init__(self, page_size: int, param: str = "offset", total_path: str = "") -> None:
        super().__init__()
        self._page_size, self._param, self._total_path = page_size, param, total_path

    def params(self, token: str) -> dict[str, str]:
        """The position of the page's first record."""
        return {self._param: token or "0"}

    def _following(self, token: str, answer: Answer, count: int) -> str:
        position = int(token or 0) + count
        last = position >= _whole(answer, self._total_path) if self._total_path else count < self._page_size
        return "" if last else str(position)


class NextLink(Paginator):
    """The next page's URL in the answer. The client refuses it when it leaves the provider's hosts."""

    def __init__(self, link_path: str = "next") -> None:
        super().__init__()
        self._link_path = link_path

    def url(self, token: str) -> str:
        """The link itself."""
        return token

    def _following(self, token: str, answer: Answer, count: int) -> str:
        return str(dig(answer.data, self._link_path) or "")


def _whole(answer: Answer, path: str) -> int:
    value: Any = dig(answer.data, path)
    if isinstance(value, int):
        return value
    raise Malformed(
        f"La réponse ne dit pas combien il y a de pages ou d’éléments ({path}). Vérifiez la version du contrat avec le "
        "fournisseur.",
        status=answer.status,
    )
