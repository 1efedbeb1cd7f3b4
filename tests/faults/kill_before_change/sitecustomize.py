"""Kill this process right before its n-th renaming or removal of a file in the working folder, as KILL_BEFORE says."""

import os
import signal
import sys

_FOLDER, _PROCESS = os.getcwd() + os.sep, os.getpid()  # noqa: PTH109  pathlib is not loaded yet
_left = int(os.environ["KILL_BEFORE"])


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    global _left  # noqa: PLW0603  a hook has no other place to count
    if event not in {"os.rename", "os.remove"} or os.getpid() != _PROCESS:
        return
    if os.path.abspath(os.fsdecode(arguments[0])).startswith(_FOLDER):  # type: ignore[arg-type]  # noqa: PTH100
        _left -= 1
        if _left == 0:
            os.kill(_PROCESS, signal.SIGKILL)


sys.addaudithook(_watch)
