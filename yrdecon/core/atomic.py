"""Write a file or a folder whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
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


def write_folder_atomically(folder: Path, files: Mapping[str, bytes | str]) -> Path:
    """Write a new folder of files beside its place and rename it, so that a reader never sees half of it.

    Raises
    ------
    DataError
        If the folder exists already, or its parent cannot be written to.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     folder = write_folder_atomically(Path(parent) / "new", {"a.txt": "a", "b.txt": b"b"})
    ...     sorted(file.name for file in folder.iterdir())
    ['a.txt', 'b.txt']
    """
    if folder.exists():
        raise DataError(f"{folder} exists already and is not overwritten; remove it first or choose another folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
            new = Path(temporary) / folder.name
            new.mkdir()
            for name, content in files.items():
                write_atomically(new / name, content)
            new.replace(folder)
    except OSError as error:
        raise DataError(f"cannot write {folder}: {error.strerror or error}; choose another folder") from error
    return folder
