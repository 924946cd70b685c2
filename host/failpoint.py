"""Named points at which a program can be made to die, as it would by a loss of power: for tests alone.

`PASSERELLE_FAILPOINT=ingest.committed:3` kills the process when it reaches that point for the third time.
"""

import os
import signal
from itertools import count
from typing import Final

_NAME, _, _TIMES = os.environ.get("PASSERELLE_FAILPOINT", "").partition(":")
_TIME: Final = int(_TIMES or 1)
_times: Final = count(1)


def reached(name: str) -> None:
    """Die here, by SIGKILL, where the environment names this point."""
    if name == _NAME and next(_times) == _TIME:
        os.kill(os.getpid(), signal.SIGKILL)
