"""A worker goes on whatever happens, and says so once."""

import threading

import pytest

from gateway.worker import Worker


class Work:
    """Fails as long as `trouble` says; every turn can be waited for."""

    def __init__(self) -> None:
        self.trouble: str | None = None
        self.turns = threading.Semaphore(0)

    def __call__(self) -> None:
        trouble = self.trouble
        self.turns.release()
        if trouble:
            raise OSError(trouble)

    def wait(self, turns: int) -> None:
        for _ in range(turns):
            assert self.turns.acquire(timeout=30)


def test_a_failure_is_told_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    work = Work()
    worker = Worker("work", work, 0.001)
    work.trouble = "the disk is full"
    worker.start()
    work.wait(5)
    assert not worker.turned()
    work.trouble = None
    work.wait(3)
    assert worker.turned()
    worker.stop()
    told = [record.getMessage() for record in caplog.records]
    assert told == ["work=work failed; it will be tried again every 0.001 s", "work=work succeeds again"]
