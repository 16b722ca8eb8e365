"""The build backend of pyproject.toml (PEP 517): `pip install` of a checkout, as the pre-commit framework does it.

Nothing is installed by a name on an index. The program comes from the release that packaging/release names, checked by its
hash; without a release, cargo builds it.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

from . import archive, binary, installation, pinned, project, wheel


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    """Writes the wheel and returns its name."""
    facts = project.read()
    with tempfile.TemporaryDirectory() as directory:
        program = _released(facts, Path(directory)) or _built(Path(directory))
        files = installation.files(binary.read(program), program)
        name, content = wheel.make(facts, binary.read(program), files, facts.name, level=1)
    (Path(wheel_directory) / name).write_bytes(content)
    return name


def build_sdist(sdist_directory: str, config_settings: object = None) -> str:
    """Refuses: a source distribution would lack the repository's files."""
    raise SystemExit("shield-hook: there is no source distribution; install from a checkout or a wheel")


def _released(facts: project.Project, directory: Path) -> Path | None:
    release = pinned.read()
    content = pinned.download(facts, release) if release else None
    if content is None:
        return None
    own = f"{facts.name}-{facts.version}/bin/"
    if archive.name(facts, pinned.host_platform()).endswith(".zip"):
        program = directory / "shield-hook.exe"
        program.write_bytes(zipfile.ZipFile(io.BytesIO(content)).read(f"{own}shield-hook.exe"))
    else:
        program = directory / "shield-hook"
        with tarfile.open(fileobj=io.BytesIO(content)) as packed:
            program.write_bytes(packed.extractfile(f"{own}shield-hook").read())
    program.chmod(0o755)
    return program


def _built(directory: Path) -> Path:
    if not shutil.which("cargo"):
        raise SystemExit(
            "shield-hook: this checkout names no release for this machine (packaging/release), and cargo is missing to build "
            "it: get Rust from https://rustup.rs, or use a later revision"
        )
    subprocess.run(["cargo", "build", "--release", "--locked", "--target-dir", directory], cwd=project.ROOT, check=True)
    programs = (directory / "release" / name for name in ("shield-hook", "shield-hook.exe"))
    return next(program for program in programs if program.exists())
