"""A Debian package, written without dpkg: an `ar` archive of two tar archives."""

from __future__ import annotations

import gzip
import hashlib

from . import tar
from .binary import Binary
from .installation import File
from .project import Project, timestamp

ZSH = ("share/zsh/site-functions/", "share/zsh/vendor-completions/")


def make(project: Project, binary: Binary, files: list[File], level: int) -> tuple[str, bytes]:
    """The package's name and bytes."""
    placed = [_placed(file) for file in files]
    placed.append(File("share/doc/shield-hook/copyright", _copyright(project)))
    sums = "".join(f"{hashlib.md5(file.content).hexdigest()}  usr/{file.path}\n" for file in placed)
    control = [
        File("control", _control(project, binary, placed)),
        File("md5sums", sums.encode()),
    ]
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": tar.pack(control, "./", level),
        "data.tar.gz": tar.pack(placed, "./usr/", level, directories=True),
    }
    name = f"{project.name}_{project.version}_{binary.debian_architecture()}.deb"
    return name, _ar(members)


def _placed(file: File) -> File:
    """Debian wants compressed manual pages, and its own directory for zsh."""
    if file.path.startswith("share/man/"):
        return File(f"{file.path}.gz", gzip.compress(file.content, 9, mtime=0), file.mode)
    return File(file.path.replace(*ZSH), file.content, file.mode)


def _control(project: Project, binary: Binary, files: list[File]) -> bytes:
    lines = [
        f"Package: {project.name}",
        f"Version: {project.version}",
        f"Architecture: {binary.debian_architecture()}",
        "Maintainer: The shield-hook authors <nobody@invalid>",
        f"Installed-Size: {sum(len(file.content) for file in files) // 1024 + 1}",
        "Section: vcs",
        "Priority: optional",
        "Recommends: git",
        f"Description: {project.description}",
        " Commits, pushes and pull requests are read before they go through.",
    ]
    if binary.libc == "gnu":
        major, minor = binary.needs
        lines.insert(4, f"Depends: libc6 (>= {major}.{minor}), libgcc-s1")
    return ("\n".join(lines) + "\n").encode()


def _copyright(project: Project) -> bytes:
    return (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        f"Upstream-Name: {project.name}\n\n"
        "Files: *\nCopyright: The shield-hook authors\n"
        f"License: {project.licence.replace(' OR ', ' or ')}\n"
        " The texts of both licences are in this directory, as is SOURCES.md: the package data keeps its own licences.\n"
    ).encode()


def _ar(members: dict[str, bytes]) -> bytes:
    packed = b"!<arch>\n"
    for name, content in members.items():
        packed += f"{name:<16}{timestamp():<12}{0:<6}{0:<6}{0o100644:<8o}{len(content):<10}`\n".encode()
        packed += content + b"\n" * (len(content) % 2)
    return packed
