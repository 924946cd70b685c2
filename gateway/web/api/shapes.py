"""What the API's bodies have in common."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """A body of the API: it refuses fields it does not know, and can be read off the domain's records."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class Added(Shape):
    """How many an import took up."""

    added: int
