"""Where the programs are that tests need besides Python, and what their absence means."""

import os
import shutil
from pathlib import Path

import pytest

_NAMES = {
    "mosquitto": ("mosquitto",),
    "mosquitto-clients": ("mosquitto_sub",),
    "influxdb": ("influxd",),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "strace": ("strace",),
    "faketime": ("faketime",),
    "iproute2": ("ip",),
}
_SEARCHED = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


def program(server: str) -> Path:
    """Return the program of a real server.

    Where it is absent the running test is skipped with the reason; in CI, where every server is
    promised, it fails.
    """
    for name in _NAMES[server]:
        if found := shutil.which(name, path=_SEARCHED):
            return Path(found)
    reason = f"needs {server}, which is not installed: apt-get install {server}"
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (in CI an absent server is a failure, not a skip)", pytrace=False)
    pytest.skip(reason)
