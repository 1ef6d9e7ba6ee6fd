"""A write as bytes: it can be stored before it is sent, and sent again exactly as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from connectors.base.errors import ConnectorError, Transient

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class PreparedWrite:
    """One request that changes something, without its credential.

    path: below the base URL of `role`; action: create, update, delete, or act:<name>. repeatable: sending it twice does
    the work once, for the provider remembers the idempotency key that stands in `params` or `headers`. remote_id,
    version: of the object, where the provider compares no versions itself and the connector looks before it writes.
    links: resource → remote id of what the object is tied to by calls of their own, afterwards ("": untied).
    """

    method: str
    role: str
    path: str
    resource: str
    action: str
    params: Mapping[str, str] = field(default_factory=lambda: _NONE)
    headers: Mapping[str, str] = field(default_factory=lambda: _NONE)
    body: str = ""
    repeatable: bool = False
    remote_id: str = ""
    version: str = ""
    links: Mapping[str, str] = field(default_factory=lambda: _NONE)

    def to_json(self) -> str:
        """The whole write as JSON text, the same for the same write."""
        whole = {each.name: getattr(self, each.name) for each in fields(self)}
        whole |= {"params": dict(self.params), "headers": dict(self.headers), "links": dict(self.links)}
        return json.dumps(whole, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> PreparedWrite:
        """The write that to_json() wrote."""
        return cls(**json.loads(text))


Outcome = dict[str, Any] | ConnectorError
"""What became of one of many writes: the object as it now is, or the error that concerns it alone. A Transient says
that its fate is unknown, or that it may go again."""


def unanswered(label: str) -> Transient:
    """The outcome of one of many writes of which the answer says nothing; `label` is the provider's name."""
    return Transient(f"{label} ne dit pas ce qu’il a fait de cet élément.", code="unanswered")


@dataclass(frozen=True)
class Option:
    """An element of one of the provider's lists (account, item, tax code…), for account mapping.

    data: what a person or a rule chooses by (account type, rates…), JSON-serialisable.
    """

    id: str
    label: str
    data: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True
