"""Where browsers find the pages, as links say it that are shown or mailed."""

from ipaddress import ip_address

from fastapi import Request

from gateway.web.context import House


def base_url(request: Request, house: House) -> str:
    """Return where this browser finds the pages, without a slash at the end.

    Without `public_url` that is what the request says of itself, but no name of the wide world: whoever asks
    could send anybody's link anywhere. Such a one gets the address at which it was heard.
    """
    if house.public_url:
        return house.public_url.rstrip("/")
    if _is_near(request.base_url.hostname or ""):
        return str(request.base_url).rstrip("/")
    host, port = request.scope.get("server") or ("127.0.0.1", None)
    return f"{request.url.scheme}://{host}" + (f":{port}" if port else "")


def mail_from(request: Request, house: House) -> str | None:
    """Return the address that mailed links begin with; None where this place sends no mail."""
    return base_url(request, house) if house.mails else None


def _is_near(host: str) -> bool:
    """Whether a host is of this machine or its own network: a private address, a bare or local name."""
    try:
        return ip_address(host.strip("[]")).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost"))
