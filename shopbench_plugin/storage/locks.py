"""Locks that end with their process, where the system and the file system have them; nothing is locked elsewhere."""

import os

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

AVAILABLE = fcntl is not None
"""Whether the system has such locks at all."""

_own: set[int] = set()


def lock(handle: int) -> bool:
    """Lock an open file or folder, without waiting; False where there are no locks.

    Raises:
        BlockingIOError: another process has locked it.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # a file system without locks, as NFS without its lock service
        return False
    return True


def is_removed(handle: int) -> bool:
    """Tell whether the open file has no name any more: whoever held its lock has removed it on the way."""
    return os.fstat(handle).st_nlink == 0


def keep_from_children(handle: int) -> None:
    """Let no forked process have a locked descriptor: it may outlive this one. `forget` it before closing it."""
    _own.add(handle)


def forget(handle: int) -> None:
    """Undo `keep_from_children`, before the descriptor is closed."""
    _own.discard(handle)


def _drop_in_child() -> None:
    """Put nothing in the place of the descriptors: their numbers stay taken, so that nobody closes another file."""
    if _own:
        nothing = os.open(os.devnull, os.O_RDWR)
        for handle in _own:
            os.dup2(nothing, handle, inheritable=False)
        os.close(nothing)
        _own.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drop_in_child)
