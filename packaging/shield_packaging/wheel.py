"""A Python wheel that holds the program and no Python.

maturin makes the same wheel, but compiles the program to do so. Here the binary exists already: every package of a release
holds the very bytes that were attested.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from .archive import zipped
from .binary import Binary
from .installation import File
from .project import LICENCES, ROOT, Project


def make(project: Project, binary: Binary, files: list[File], distribution: str, level: int = 9) -> tuple[str, bytes]:
    """The wheel's name and bytes. `distribution` is its name on an index: who publishes it owns that name."""
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", distribution):
        raise SystemExit(f"{distribution}: no name for a Python distribution")
    stem = f"{re.sub(r'[-_.]+', '_', distribution).lower()}-{project.version}"
    tags = binary.wheel_tags()
    info = f"{stem}.dist-info"
    placed = [_placed(file, f"{stem}.data") for file in files if not file.path.startswith("share/doc/")]
    placed += [File(f"{info}/licenses/{Path(name).name}", (ROOT / name).read_bytes()) for name in LICENCES]
    placed.append(File(f"{info}/METADATA", metadata(project, distribution)))
    placed.append(File(f"{info}/WHEEL", _wheel(tags)))
    record = f"{info}/RECORD"
    placed.append(File(record, _record(placed, record)))
    return f"{stem}-py3-none-{'.'.join(tags)}.whl", zipped(placed, level)


def metadata(project: Project, distribution: str) -> bytes:
    """The core metadata, version 2.4."""
    head = [
        "Metadata-Version: 2.4",
        f"Name: {distribution}",
        f"Version: {project.version}",
        f"Summary: {project.description}",
        f"Keywords: {','.join(project.keywords)}",
        f"License-Expression: {project.licence}",
        *(f"License-File: {Path(name).name}" for name in LICENCES),
        "Classifier: Environment :: Console",
        "Classifier: Intended Audience :: Developers",
        "Classifier: Programming Language :: Rust",
        "Classifier: Topic :: Security",
        "Classifier: Topic :: Software Development :: Version Control :: Git",
        "Requires-Python: >=3.8",
        "Description-Content-Type: text/markdown",
    ]
    body = (ROOT / "README.md").read_text(encoding="utf-8")
    return ("\n".join(head) + "\n\n" + body).encode()


def _placed(file: File, data: str) -> File:
    """A program is a script, everything else data: pip puts both below the environment's prefix."""
    if file.path.startswith("bin/"):
        return File(f"{data}/scripts/{file.path[4:]}", file.content, file.mode)
    return File(f"{data}/data/{file.path}", file.content, file.mode)


def _wheel(tags: list[str]) -> bytes:
    lines = ["Wheel-Version: 1.0", "Generator: shield_packaging", "Root-Is-Purelib: false"]
    return ("\n".join(lines + [f"Tag: py3-none-{tag}" for tag in tags]) + "\n").encode()


def _record(files: list[File], own: str) -> bytes:
    lines = []
    for file in files:
        digest = base64.urlsafe_b64encode(hashlib.sha256(file.content).digest()).rstrip(b"=").decode()
        lines.append(f"{file.path},sha256={digest},{len(file.content)}")
    return ("\n".join(lines + [f"{own},,"]) + "\n").encode()
