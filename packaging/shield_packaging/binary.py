"""The system of a binary, read from its own headers, so that a package cannot be labelled for another one."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path

ELF_MACHINES = {62: "x86_64", 183: "aarch64"}
PE_MACHINES = {0x8664: "x86_64", 0xAA64: "aarch64"}
MACHO_MACHINES = {0x01000007: "x86_64", 0x0100000C: "aarch64"}
PT_INTERP, PT_NOTE = 3, 4
LC_VERSION_MIN_MACOSX, LC_BUILD_VERSION = 0x24, 0x32


@dataclass(frozen=True)
class Binary:
    """A program and what it needs."""

    path: Path
    system: str
    """linux, macos or windows."""
    machine: str
    """x86_64 or aarch64."""
    libc: str | None = None
    """On Linux: static, static-musl, musl, or gnu."""
    needs: tuple[int, int] = (0, 0)
    """The lowest version of glibc or macOS."""

    @property
    def platform(self) -> str:
        """The platform's name in archives. A static binary needs no more words: it runs on every Linux."""
        suffix = {None: "", "static": "", "gnu": "-gnu", "musl": "-musl", "static-musl": "-musl"}[self.libc]
        return f"{self.machine}-{self.system}{suffix}"

    @property
    def is_static(self) -> bool:
        """Whether the binary runs on a Linux with any C library."""
        return self.libc in ("static", "static-musl")

    @property
    def program(self) -> str:
        """The file's name once it is installed."""
        return "shield-hook.exe" if self.system == "windows" else "shield-hook"

    def wheel_tags(self) -> list[str]:
        """The platform tags of a wheel, by PEP 600 and PEP 656."""
        if self.system == "windows":
            return [{"x86_64": "win_amd64", "aarch64": "win_arm64"}[self.machine]]
        if self.system == "macos":
            machine = {"x86_64": "x86_64", "aarch64": "arm64"}[self.machine]
            major, minor = self.needs
            # From macOS 11 on, pip knows no minor versions.
            return [f"macosx_{major}_{0 if major >= 11 else minor}_{machine}"]
        if self.is_static:
            return [f"{tag}_{self.machine}" for tag in ("manylinux_2_17", "manylinux2014", "musllinux_1_1")]
        if self.libc == "musl":
            return [f"musllinux_1_2_{self.machine}"]
        major, minor = max(self.needs, (2, 17))
        return [f"manylinux_{major}_{minor}_{self.machine}"]

    def npm_platform(self) -> tuple[str, str]:
        """The values of npm's `os` and `cpu`."""
        system = {"linux": "linux", "macos": "darwin", "windows": "win32"}[self.system]
        return system, {"x86_64": "x64", "aarch64": "arm64"}[self.machine]

    def debian_architecture(self) -> str:
        """Debian's name of the processor."""
        return {"x86_64": "amd64", "aarch64": "arm64"}[self.machine]


def read(path: Path) -> Binary:
    """Reads the headers of a program."""
    data = path.read_bytes()
    if data[:4] == b"\x7fELF":
        return _elf(path, data)
    if data[:2] == b"MZ":
        return _pe(path, data)
    if data[:4] == b"\xcf\xfa\xed\xfe":
        return _macho(path, data)
    raise SystemExit(f"{path}: no ELF, PE or 64-bit Mach-O program")


def _machine(path: Path, names: dict[int, str], number: int) -> str:
    if number not in names:
        raise SystemExit(f"{path}: unknown processor {number:#x}")
    return names[number]


def _elf(path: Path, data: bytes) -> Binary:
    if data[4] != 2 or data[5] != 1:
        raise SystemExit(f"{path}: only 64-bit little-endian programs are packaged")
    machine = _machine(path, ELF_MACHINES, struct.unpack_from("<H", data, 18)[0])
    (headers,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    segments = [struct.unpack_from("<IIQQQQ", data, headers + size * at) for at in range(count)]
    interpreter = b"".join(data[s[2] : s[2] + s[5]] for s in segments if s[0] == PT_INTERP)
    if not interpreter:
        # glibc leaves the note `GNU` of type 1, the ABI, in each program; musl leaves none.
        notes = (data[s[2] : s[2] + s[5]] for s in segments if s[0] == PT_NOTE)
        glibc = any(struct.pack("<III", 4, 16, 1) + b"GNU\0" in note for note in notes)
        return Binary(path, "linux", machine, "static" if glibc else "static-musl")
    if b"musl" in interpreter:
        return Binary(path, "linux", machine, "musl")
    versions = [(int(a), int(b)) for a, b in re.findall(rb"\0GLIBC_(\d+)\.(\d+)(?:\.\d+)?(?=\0)", data)]
    return Binary(path, "linux", machine, "gnu", max(versions, default=(2, 17)))


def _pe(path: Path, data: bytes) -> Binary:
    (at,) = struct.unpack_from("<I", data, 0x3C)
    return Binary(path, "windows", _machine(path, PE_MACHINES, struct.unpack_from("<H", data, at + 4)[0]))


def _macho(path: Path, data: bytes) -> Binary:
    machine = _machine(path, MACHO_MACHINES, struct.unpack_from("<I", data, 4)[0])
    (count,) = struct.unpack_from("<I", data, 16)
    at, needs = 32, (11, 0)
    for _ in range(count):
        command, size = struct.unpack_from("<II", data, at)
        if command in (LC_BUILD_VERSION, LC_VERSION_MIN_MACOSX):
            (version,) = struct.unpack_from("<I", data, at + (12 if command == LC_BUILD_VERSION else 8))
            needs = (version >> 16, version >> 8 & 0xFF)
        at += size
    return Binary(path, "macos", machine, None, needs)
