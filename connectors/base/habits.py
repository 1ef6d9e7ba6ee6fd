"""How a provider's API goes about things, for people who compare providers. The contract suite holds it to its word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Paging = Literal["cursor", "offset", "number", "link", "after_last", "whole"]
Changes = Literal["modified_since", "modified_day", "feed", "none"]
Deletions = Literal["listed", "feed", "archived", "none"]


@dataclass(frozen=True)
class Habits:
    """One provider's ways; where its resources differ, those of most of them.

    paging: how the next page is named (opaque cursor, position, page number, link, after the last object seen), or that
    a list comes whole. changes: how the next pull is limited to what changed: by instant, by whole days, by a feed of
    changes, or not at all. deletions: whether what is deleted stands in the lists, in a feed, is only archived, or is
    never told.
    """

    paging: Paging
    changes: Changes
    deletions: Deletions
