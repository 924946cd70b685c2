"""Which addresses a feed may be fetched from: no server of the house is asked in a stranger's name."""

import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from gateway.domain.feeds import FeedRefused

_NAT64: Final = IPv6Network("64:ff9b::/96")


def checked_address(host: str, port: int, private_hosts: Collection[str]) -> str:
    """Return an address of `host` to connect to, and to no other: a second look-up may say otherwise.

    Every address of the host must be public, unless it is one of `private_hosts`. Raises FeedRefused.
    """
    addresses = _addresses(host, port)
    if host.lower() not in private_hosts and not all(is_public(address) for address in addresses):
        raise FeedRefused("private", host)
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether `address` is reachable for everybody (IANA special-purpose registries), also once unwrapped."""
    ip = ip_address(address.partition("%")[0])
    inner = _inner(ip) if isinstance(ip, IPv6Address) else None
    return ip.is_global and not ip.is_multicast if inner is None else is_public(str(inner))


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one leads to: mapped, 6to4 or NAT64."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise FeedRefused("unknown_host", host) from error
    return [str(address[0]) for *_, address in found]
