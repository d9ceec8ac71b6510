"""Write a file whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

from yrdecon.errors import DataError


def write_atomically(path: Path, content: bytes | str) -> Path:
    """Write to a temporary file beside the target and rename it, so that a reader never sees half a file.

    Raises
    ------
    DataError
        If the folder cannot be written to.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder) / "new" / "note.txt", "done").read_text()
    'done'
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as handle:
            temporary = Path(handle.name)
            handle.write(data)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}; choose another folder") from error
    return path
