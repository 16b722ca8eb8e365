"""The files of an installation, below a prefix such as /usr. Every kind of package places these."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .binary import Binary
from .project import LICENCES, ROOT

COMPLETIONS = {
    "bash": "share/bash-completion/completions/shield-hook",
    "zsh": "share/zsh/site-functions/_shield-hook",
    "fish": "share/fish/vendor_completions.d/shield-hook.fish",
}


@dataclass(frozen=True)
class File:
    """One file, with its path below the prefix."""

    path: str
    content: bytes
    mode: int = 0o644


def files(binary: Binary, runnable: Path) -> list[File]:
    """The program, its manual, completions and licences.

    `runnable` is the same program for this machine: it prints its own manual and completions.
    """
    found = [File(f"bin/{binary.program}", binary.path.read_bytes(), 0o755)]
    with tempfile.TemporaryDirectory() as pages:
        subprocess.run([runnable, "man", "--dir", pages], check=True, stdout=subprocess.DEVNULL)
        found += [File(f"share/man/man1/{page.name}", page.read_bytes()) for page in sorted(Path(pages).iterdir())]
    for shell, path in COMPLETIONS.items():
        script = subprocess.run([runnable, "completions", shell], check=True, stdout=subprocess.PIPE).stdout
        found.append(File(path, script))
    found += [File(f"share/doc/shield-hook/{Path(name).name}", (ROOT / name).read_bytes()) for name in LICENCES]
    return found
