"""Runs a command so that it ends when the supervisor that started it ends, even by SIGKILL.

`python -m annotator.child SUPERVISOR_PID COMMAND…`: asks Linux for a SIGTERM at the parent's death, then becomes the
command. On other systems it only becomes the command.

Where it leads a session of its own, that session gets the process's nice value: Linux weighs sessions against each
other before processes (autogroup, sched(7)), so that a nice 10 in a session of its own would be worth nothing.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1


def main() -> None:
    supervisor, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != supervisor:
        sys.exit(1)  # it died before we could ask
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # a kernel without sessions' weights, or one that lets nobody set them
            Path("/proc/self/autogroup").write_text(str(os.nice(0)))
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
