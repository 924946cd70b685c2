"""Run a node: `python -m edge --settings node.toml`."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from edge.bootstrap import serve
from edge.ports import Unavailable
from edge.settings import SettingsRefused, read_settings

CANNOT_START: Final = 1
WRONG_SETTINGS: Final = 2


def main(settings_path: Path) -> int:
    """Run the node that the file describes until it is told to stop; return the exit status.

    2 means that the settings are wrong, 1 that something they name cannot be had: nothing was started.
    """
    os.umask(0o077)  # the spool and the list are nobody else's business
    try:
        asyncio.run(serve(read_settings(settings_path)))
    except SettingsRefused as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_SETTINGS
    except (Unavailable, OSError) as error:
        sys.stderr.write(f"{settings_path}: {error}\n")
        return CANNOT_START
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m edge", description="Run one node: doors, lockers, sensors."
    )
    parser.add_argument("--settings", type=Path, required=True, help="the node's settings, a TOML file")
    sys.exit(main(parser.parse_args().settings))
