"""Locks that end with their process, if the system and the file system support them; otherwise nothing is locked."""

import errno
import os
from pathlib import Path

from filelock import FileLock, Timeout, UnixFileLock, lock_descriptor

AVAILABLE = issubclass(FileLock, UnixFileLock)
"""Whether the system has locks under which the file can still be read and removed; on Windows it can't."""
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP})  # as NFS without its lock service
_PATIENCE_SECONDS = 0.2


def hold(path: Path) -> FileLock:
    """Lock a file, created if necessary, until the lock is released; forked children don't inherit it.

    The process that holds the lock may remove the file: the next process to lock it creates a new one.

    Raises:
        BlockingIOError: another process has locked it.
        OSError: it can't be created or written.
    """
    held = FileLock(path, timeout=_PATIENCE_SECONDS, thread_local=False, fallback_to_soft=False)
    try:
        if AVAILABLE:
            held.acquire()
    except Timeout as error:
        raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK)) from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return held


def lock(handle: int) -> bool:
    """Lock an open file or folder, without waiting, until it is closed; False if locks are not supported.

    Raises:
        BlockingIOError: another process has locked it.
    """
    if not AVAILABLE:
        return False
    try:
        is_free = lock_descriptor(handle, blocking=False)
    except OSError:
        return False
    if not is_free:
        raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))
    return True
