"""npm packages: one with a launcher, and one for each platform with its program. None has an install script."""

from __future__ import annotations

import json
import re
from pathlib import Path

from . import tar
from .binary import Binary
from .installation import File
from .project import LICENCES, ROOT, Project

PLATFORMS = ("linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64")


def check_name(name: str) -> str:
    """Only a name in a scope is accepted: the names of the platforms' packages then belong to the same owner."""
    if not re.fullmatch(r"@[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*", name):
        raise SystemExit(f"{name}: the npm name must be in a scope of yours: @scope/name")
    return name


def main(project: Project, name: str, pages: list[File]) -> tuple[str, bytes]:
    """The package that people install. npm picks the one platform among its optional dependencies."""
    manifest = _manifest(project, name) | {
        "keywords": list(project.keywords),
        "bin": {"shield-hook": "bin/shield-hook.js"},
        "man": [f"man/{Path(page.path).name}" for page in pages],
        "engines": {"node": ">=18"},
        "optionalDependencies": {f"{name}-{platform}": project.version for platform in PLATFORMS},
    }
    launcher = (ROOT / "packaging/npm/shield-hook.js").read_text(encoding="utf-8").replace("@NAME@", name)
    files = [File("bin/shield-hook.js", launcher.encode(), 0o755), File("README.md", (ROOT / "README.md").read_bytes())]
    files += [File(f"man/{Path(page.path).name}", page.content) for page in pages]
    return _packed(project, name, manifest, files, 9)


def platform(project: Project, binary: Binary, name: str, level: int) -> tuple[str, bytes]:
    """The package of one platform."""
    system, processor = binary.npm_platform()
    own = f"{name}-{system}-{processor}"
    manifest = _manifest(project, own) | {"os": [system], "cpu": [processor], "preferUnplugged": True}
    if binary.system == "linux" and not binary.is_static:
        manifest["libc"] = ["musl" if binary.libc == "musl" else "glibc"]
    files = [
        File(f"bin/{binary.program}", binary.path.read_bytes(), 0o755),
        File("README.md", f"The program of {name} for {system} on {processor}.\n".encode()),
    ]
    return _packed(project, own, manifest, files, level)


def _manifest(project: Project, name: str) -> dict[str, object]:
    return {
        "name": name,
        "version": project.version,
        "description": project.description,
        "license": f"({project.licence})",
    }


def _packed(
    project: Project, name: str, manifest: dict[str, object], files: list[File], level: int
) -> tuple[str, bytes]:
    licences = [File(Path(licence).name, (ROOT / licence).read_bytes()) for licence in LICENCES]
    text = json.dumps(manifest, indent=2) + "\n"
    packed = tar.pack([File("package.json", text.encode()), *licences, *files], "package/", level)
    return f"{name.lstrip('@').replace('/', '-')}-{project.version}.tgz", packed
