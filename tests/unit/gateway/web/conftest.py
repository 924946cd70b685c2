import pytest
from fastapi.testclient import TestClient

from gateway.web.app import create_app
from tests.unit.gateway.web.place import Place


@pytest.fixture
def client(place: Place) -> TestClient:
    """A client without any key; every redirect is left to the test."""
    return TestClient(create_app(place), follow_redirects=False)


@pytest.fixture
def staff(place: Place) -> TestClient:
    """A client with a staff key."""
    return TestClient(create_app(place), headers=place.key("staff"))
