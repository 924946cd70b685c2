"""Where browsers find the pages, as links say it that are shown or mailed."""

from fastapi import Request

from gateway.web.context import House


def base_url(request: Request, house: House) -> str:
    """Return where this browser finds the pages, without a slash at the end."""
    return (house.public_url or str(request.base_url)).rstrip("/")


def mail_from(request: Request, house: House) -> str | None:
    """Return the address that mailed links begin with; None where this place sends no mail."""
    return base_url(request, house) if house.mails else None
