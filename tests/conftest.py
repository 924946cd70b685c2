import pytest

from tests.servers.programs import program

pytest_plugins = ["tests.servers.fixtures"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip (in CI: fail) a test marked `server(name)` where that server is not installed."""
    for marker in item.iter_markers("server"):
        for server in marker.args:
            program(server)
