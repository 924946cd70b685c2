"""What the API's bodies have in common."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints


class Shape(BaseModel):
    """A body of the API: it refuses fields it does not know, and can be read off the domain's records."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


_MAIL: Final = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"

Mail = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=_MAIL)]
"""One mail address, as browsers read it (WHATWG HTML, 4.10.5.1.5): in letters that any mail server takes."""


class Added(Shape):
    """How many an import took up."""

    added: int
