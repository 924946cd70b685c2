"""What the forms of several pages share."""

from typing import Annotated

from fastapi import Depends, Form, Request
from pydantic import StringConstraints

from gateway.domain.accounts import LONGEST_PASSWORD
from gateway.web.api import shapes
from gateway.web.auth import refuse_foreign_form, refuse_form_from_elsewhere

Mail = Annotated[shapes.Mail, Form()]
Password = Annotated[str, Form(max_length=LONGEST_PASSWORD)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Form()]

OWN_FORMS = Depends(refuse_foreign_form)
"""What stands before forms that are sent without a session."""

OWN_OR_NO_FORMS = Depends(refuse_form_from_elsewhere)
"""The same before a link that works once, which programs use too."""


def came_from(request: Request) -> str:
    """Return the address that a request came from, as far as the proxy before us tells it."""
    return request.client.host if request.client else ""
