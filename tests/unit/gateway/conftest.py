from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.adapters.ledger import SqlLedger
from tests.unit.gateway.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    ledger = SqlLedger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield House(tmp_path, ledger)
    ledger.close()
