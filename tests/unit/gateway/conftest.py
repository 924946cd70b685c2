from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.adapters.ledger import SqlLedger
from tests.unit.gateway.house import House
from tests.unit.gateway.web.place import Place, open_place


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    ledger = SqlLedger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield House(tmp_path, ledger)
    ledger.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = open_place(tmp_path)
    yield place
    place.ledger.close()
