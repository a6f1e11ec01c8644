"""Runs a command so that it ends when the supervisor that started it ends, even by SIGKILL.

`python -m annotator.child SUPERVISOR_PID COMMAND…`: asks Linux for a SIGTERM at the parent's death, then becomes the
command. On other systems it only becomes the command.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    supervisor, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != supervisor:
        sys.exit(1)  # it died before we could ask
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
