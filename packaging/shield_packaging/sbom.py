"""The bill of materials in CycloneDX 1.5: the crates that the default program is built from."""

from __future__ import annotations

import datetime
import json
import re
import subprocess
from pathlib import Path

from .project import ROOT, Project, timestamp



def make(project: Project, triple: str | None) -> tuple[str, bytes]:
    """The document's name and bytes, by `cargo metadata` and the checksums of Cargo.lock."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    if triple:
        command += ["--filter-platform", triple]
    data = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    used = _used(data)
    checksums = _checksums(ROOT / "Cargo.lock")
    packages = {package["id"]: package for package in data["packages"] if package["id"] in used}
    root = data["resolve"]["root"]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(timestamp(), datetime.timezone.utc).isoformat(),
            "component": _component(packages[root], checksums) | {"type": "application"},
        },
        "components": [
            _component(packages[id], checksums) for id in sorted(packages, key=lambda id: _purl(packages[id])) if id != root
        ],
        "dependencies": [
            {
                "ref": _purl(packages[node["id"]]),
                "dependsOn": sorted(_purl(packages[id]) for id in node["dependencies"] if id in packages),
            }
            for node in data["resolve"]["nodes"]
            if node["id"] in packages
        ],
    }
    return f"{project.name}-{project.version}.cdx.json", (json.dumps(document, indent=1) + "\n").encode()


def _used(data: dict) -> set[str]:
    """What the program is built from: its dependencies and those of its build script, not those of its tests."""
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    found, open_ids = set(), [data["resolve"]["root"]]
    while open_ids:
        at = open_ids.pop()
        if at in found:
            continue
        found.add(at)
        for dependency in nodes[at]["deps"]:
            if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"]):
                open_ids.append(dependency["pkg"])
    return found


def _checksums(lock: Path) -> dict[tuple[str, str], str]:
    entry = re.compile(r'name = "(.*)"\nversion = "(.*)"\n(?:source = ".*"\n)?(?:checksum = "(.*)")?')
    return {(name, version): checksum for name, version, checksum in entry.findall(lock.read_text(encoding="utf-8"))}


def _purl(package: dict) -> str:
    return f"pkg:cargo/{package['name']}@{package['version']}"


def _component(package: dict, checksums: dict[tuple[str, str], str]) -> dict:
    component = {
        "type": "library",
        "bom-ref": _purl(package),
        "name": package["name"],
        "version": package["version"],
        "purl": _purl(package),
    }
    if package.get("license"):
        component["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if checksum := checksums.get((package["name"], package["version"])):
        component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return component
