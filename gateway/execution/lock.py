"""One executor for one SQLite file: a lock on a file beside it, which ends with the process that holds it."""

import os
from pathlib import Path

from sqlalchemy import make_url

try:
    import fcntl
except ImportError:  # a platform without it: nothing keeps two gateways there from sharing a file
    fcntl = None  # type: ignore[assignment]


class ExecutionLock:
    """The right to execute on the store at `url`, or to do something else of which `task` is the name. A store that is no file needs none: everybody has it."""

    def __init__(self, url: str, task: str = "executor") -> None:
        address = make_url(url)
        local = address.get_backend_name() == "sqlite" and address.database
        self._path = Path(f"{address.database}.{task}.lock").expanduser() if local and fcntl else None
        self._file: int | None = None

    @property
    def exclusive(self) -> bool:
        """Whether nobody else can have it."""
        return self._path is not None

    def acquire(self) -> bool:
        """Takes the lock if it is free; true when it is held, also from before."""
        if self._path is None or self._file is not None:
            return True
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Lets the next one have it. The file stays: removing it would let two hold what they take for the same lock."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
