"""Locks that end with their process, where the system and the file system have them; nothing is locked elsewhere."""

import errno
import os
from pathlib import Path

from filelock import FileLock, Timeout, UnixFileLock, lock_descriptor

AVAILABLE = issubclass(FileLock, UnixFileLock)
"""Whether the system has locks that keep nobody from reading and removing the file; Windows' do."""
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP})  # as NFS without its lock service
_PATIENCE_SECONDS = 0.2


def hold(path: Path) -> FileLock:
    """Lock a file, made where there is none, until the lock is released; no forked child has it.

    Whoever holds it may remove the file: the next one to lock it makes a new one.

    Raises:
        BlockingIOError: another process has locked it.
        OSError: it can't be made or written.
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
    """Lock an open file or folder, without waiting, until it is closed; False where there are no locks.

    Raises:
        BlockingIOError: another process has locked it.
    """
    try:
        if AVAILABLE and lock_descriptor(handle, blocking=False):
            return True
    except OSError:
        return False
    if AVAILABLE:
        raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))
    return False


def is_removed(handle: int) -> bool:
    """Tell whether the open file has no name any more: whoever held its lock has removed it on the way."""
    return os.fstat(handle).st_nlink == 0
