"""What the API's bodies have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints


class Shape(BaseModel):
    """A body of the API: it refuses fields it does not know, and can be read off the domain's records."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


Mail = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
"""A mail address, as far as can be told without writing to it."""


class Added(Shape):
    """How many an import took up."""

    added: int
