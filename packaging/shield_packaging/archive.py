"""The archive that is downloaded by hand, by install.sh, by the action and by the pre-commit framework."""

from __future__ import annotations

import io
import time
import zipfile

from . import tar
from .binary import Binary
from .installation import File
from .project import Project, timestamp


def name(project: Project, platform: str) -> str:
    """The archive's name: packaging/fetch.sh forms the same."""
    return f"{project.name}-{project.version}-{platform}.{'zip' if 'windows' in platform else 'tar.gz'}"


def make(project: Project, binary: Binary, files: list[File], level: int) -> tuple[str, bytes]:
    """A zip for Windows, a gzipped tar for everything else; all in one directory."""
    archive = name(project, binary.platform)
    prefix = f"{project.name}-{project.version}/"
    if binary.system != "windows":
        return archive, tar.pack(files, prefix, level)
    return archive, zipped([File(prefix + file.path, file.content, file.mode) for file in files], level)


def zipped(files: list[File], level: int) -> bytes:
    """A zip archive with the same bytes for the same files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.path, time.gmtime(timestamp())[:6])
            entry.external_attr = (0o100000 | file.mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            archive.writestr(entry, file.content)
    return packed.getvalue()
