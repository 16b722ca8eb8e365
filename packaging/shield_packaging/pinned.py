"""The release that a checkout knows by its hashes: the file packaging/release."""

from __future__ import annotations

import hashlib
import platform
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .archive import name
from .project import ROOT, Project

FILE = "packaging/release"


@dataclass(frozen=True)
class Release:
    """Where the archives of one version are, and their SHA-256 sums."""

    version: str
    address: str
    sums: dict[str, str]


def read(root: Path = ROOT) -> Release | None:
    """The release, if the file names one."""
    fields, sums = {}, {}
    for line in (root / FILE).read_text(encoding="utf-8").splitlines():
        words = line.split()
        if len(words) == 2 and words[0] in ("version", "address"):
            fields[words[0]] = words[1]
        elif len(words) == 2 and len(words[0]) == 64:
            sums[words[1]] = words[0]
        elif words and not line.startswith("#"):
            raise SystemExit(f"{FILE}: neither a field nor a sum: {line}")
    if "address" not in fields or "version" not in fields:
        return None
    if not fields["address"].startswith(("https://", "file://")):
        raise SystemExit(f"{FILE}: the address must begin with https://")
    return Release(fields["version"], fields["address"].rstrip("/"), sums)


def write(project: Project, address: str, sums: str) -> str:
    """The file's text for a release: `sums` is its SHA256SUMS."""
    archives = [line for line in sums.splitlines() if line.split()[1].startswith(f"{project.name}-{project.version}-")]
    if not archives:
        raise SystemExit(f"SHA256SUMS names no archive of {project.name} {project.version}")
    head = (ROOT / FILE).read_text(encoding="utf-8").splitlines()
    comments = [line for line in head if line.startswith("#")]
    return "\n".join([*comments, f"version {project.version}", f"address {address}", *archives]) + "\n"


def host_platform() -> str:
    """The platform of this machine, as archives are named."""
    systems = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}
    machines = {"x86_64": "x86_64", "amd64": "x86_64", "AMD64": "x86_64"}
    machines |= {"aarch64": "aarch64", "arm64": "aarch64", "ARM64": "aarch64"}
    system, machine = systems.get(platform.system()), machines.get(platform.machine())
    if not system or not machine:
        raise SystemExit(f"shield-hook: no released program for {platform.system()} on {platform.machine()}")
    return f"{machine}-{system}"


def download(project: Project, release: Release) -> bytes | None:
    """This machine's archive; nothing if the release is of another version than the checkout, or lacks the platform."""
    archive = name(project, host_platform())
    if release.version != project.version or archive not in release.sums:
        return None
    with urllib.request.urlopen(f"{release.address}/{archive}", timeout=60) as answer:
        content = answer.read()
    if hashlib.sha256(content).hexdigest() != release.sums[archive]:
        raise SystemExit(f"shield-hook: {archive} has another SHA-256 than {FILE} names, so it was not installed")
    return content
