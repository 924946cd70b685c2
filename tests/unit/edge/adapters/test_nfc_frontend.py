"""What bounds a card and a device, over a driver that the test plays."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import nfc.clf
import pytest

from edge.adapters.nfc_frontend import BoundedFrontend, CardTooSlow


@dataclass
class Device:
    """Answers at once; what it was told to wait is kept."""

    waits_s: list[float] = field(default_factory=list)
    reads_ms: list[int] = field(default_factory=list)

    @property
    def chipset(self) -> Any:
        return SimpleNamespace(transport=self)

    def send_cmd_recv_rsp(self, _target: object, data: bytes, timeout: float) -> bytes:
        self.waits_s.append(timeout)
        return data

    def read(self, timeout: int = 0) -> bytes:
        self.reads_ms.append(timeout)
        return b""

    def close(self) -> None:
        """It holds nothing."""


@dataclass
class Clock:
    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


def opened(device: Device, clock: Callable[[], float], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(nfc.clf.device, "connect", lambda _path: device)
    frontend = BoundedFrontend("usb", clock)
    frontend.target = nfc.clf.RemoteTarget("106A")
    return frontend


def test_an_exchange_waits_no_longer_than_the_card_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    device, clock = Device(), Clock()
    frontend = opened(device, clock, monkeypatch)
    frontend.allow(1.0)
    frontend.exchange(b"short", 0.25)
    clock.now_s += 0.5
    frontend.exchange(b"long", 4.95)
    assert device.waits_s == [0.25, 0.5]


def test_an_exchange_after_the_cards_time_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    device, clock = Device(), Clock()
    frontend = opened(device, clock, monkeypatch)
    frontend.allow(1.0)
    clock.now_s += 1.0
    with pytest.raises(CardTooSlow):
        frontend.exchange(b"again", 0.1)
    assert device.waits_s == []


def test_that_a_cards_time_is_up_is_no_error_that_nfcpy_tries_again_over() -> None:
    assert not issubclass(CardTooSlow, nfc.clf.CommunicationError)


def test_a_device_that_would_be_read_for_ever_is_read_for_two_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device()
    transport = opened(device, Clock(), monkeypatch).device
    transport.read()
    transport.read(100)
    transport.read(timeout=60_000)
    assert device.reads_ms == [2000, 100, 2000]
