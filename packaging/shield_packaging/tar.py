"""Tar archives with the same bytes for the same files."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import PurePosixPath

from .installation import File
from .project import timestamp


def pack(files: list[File], prefix: str = "", level: int = 9, directories: bool = False) -> bytes:
    """A gzipped archive of the files below a prefix; dpkg wants entries for their directories as well."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as tar:
        made: set[str] = set()
        for file in files:
            path = prefix + file.path
            if directories:
                for parent in reversed(list(PurePosixPath(path).parents)):
                    if str(parent) not in made:
                        made.add(str(parent))
                        tar.addfile(_entry("./" if str(parent) == "." else f"./{parent}/", 0o755, tarfile.DIRTYPE))
            entry = _entry(path, file.mode)
            entry.size = len(file.content)
            tar.addfile(entry, io.BytesIO(file.content))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=level, mtime=timestamp()) as stream:
        stream.write(plain.getvalue())
    return packed.getvalue()


def _entry(path: str, mode: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.mode, entry.type, entry.mtime = mode, kind, timestamp()
    entry.uname = entry.gname = "root"
    return entry
