"""The facts about the project, read from where they are kept."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LICENCES = ("LICENSE-APACHE", "LICENSE-MIT", "rules/advisories/SOURCES.md")


@dataclass(frozen=True)
class Project:
    """The facts that every kind of package carries."""

    name: str
    version: str
    description: str
    licence: str
    keywords: tuple[str, ...]


def read(root: Path = ROOT) -> Project:
    """The facts in Cargo.toml. Python reads TOML only since 3.11, so single lines are matched."""
    text = (root / "Cargo.toml").read_text(encoding="utf-8").split("\n[lib]")[0]

    def field(name: str) -> str:
        found = re.search(rf'^{name} = "(.*)"$', text, re.MULTILINE)
        if not found:
            raise SystemExit(f"Cargo.toml: no line {name} = \"...\"")
        return found[1]

    keywords = re.search(r"^keywords = \[(.*)\]$", text, re.MULTILINE)
    words = tuple(re.findall(r'"(.*?)"', keywords[1])) if keywords else ()
    return Project(field("name"), field("version"), field("description"), field("license"), words)


def timestamp() -> int:
    """The time of every file in a package: the same input gives the same bytes. Zip begins in 1980."""
    return max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 315_532_800)
