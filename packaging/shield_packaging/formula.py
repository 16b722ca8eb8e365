"""The Homebrew formula of a release."""

from __future__ import annotations

import re

from .archive import name
from .project import ROOT, Project


def make(project: Project, address: str, sums: str) -> tuple[str, bytes]:
    """Fills in the template: `sums` is the release's SHA256SUMS."""
    by_name = {line.split()[1]: line.split()[0] for line in sums.splitlines()}

    def checksum(found: re.Match[str]) -> str:
        archive = name(project, found[1])
        if archive not in by_name:
            raise SystemExit(f"SHA256SUMS names no {archive}")
        return by_name[archive]

    text = (ROOT / "packaging/homebrew/shield-hook.rb").read_text(encoding="utf-8")
    text = re.sub(r"^# A template.*\n", "", text)
    text = re.sub(r"@SHA256 (\S+)@", checksum, text)
    # Homebrew wants no full stop and no article at the start.
    description = re.sub(r"^(A|An|The) ", "", project.description)
    description = description[0].upper() + description[1:]
    for word, value in {
        "DESCRIPTION": description,
        "HOMEPAGE": re.sub(r"/releases/download/.*", "", address),
        "VERSION": project.version,
        "ADDRESS": address.rstrip("/"),
    }.items():
        text = text.replace(f"@{word}@", value)
    return "shield-hook.rb", text.encode()
