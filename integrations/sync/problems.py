"""Why one field of one record cannot pass, either way."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldProblem(Exception):
    """A field that cannot be taken in, with the sentence that the administrator reads."""

    code: str
    field: str
    sentence: str
