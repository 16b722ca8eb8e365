"""Tests of the packages, with programs that consist of headers only: `python3 packaging/test_packaging.py`."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from shield_packaging import archive, binary, deb, formula, npm, pinned, project, wheel  # noqa: E402
from shield_packaging.installation import File  # noqa: E402


def elf(machine: int, segments: list[tuple[int, bytes]], tail: bytes = b"") -> bytes:
    """A 64-bit ELF program of segments and nothing else."""
    headers, contents = b"", b""
    start = 64 + 56 * len(segments)
    for kind, content in segments:
        at = start + len(contents)
        headers += struct.pack("<IIQQQQQQ", kind, 4, at, 0, 0, len(content), len(content), 1)
        contents += content
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    return head + headers + contents + tail


def pe(machine: int) -> bytes:
    """The start of a Windows program."""
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", machine)


def macho(machine: int, version: tuple[int, int]) -> bytes:
    """The start of a macOS program, with the lowest system it runs on."""
    command = struct.pack("<IIIIII", 0x32, 24, 1, version[0] << 16 | version[1] << 8, 0, 0)
    return struct.pack("<IIIIIIII", 0xFEEDFACF, machine, 0, 2, 1, len(command), 0, 0) + command


GLIBC = (4, struct.pack("<III", 4, 16, 1) + b"GNU\0" + bytes(16))
PROGRAMS = [
    (elf(62, [GLIBC]), "x86_64-linux", ["manylinux_2_17_x86_64", "manylinux2014_x86_64", "musllinux_1_1_x86_64"]),
    (elf(183, [GLIBC]), "aarch64-linux", ["manylinux_2_17_aarch64", "manylinux2014_aarch64", "musllinux_1_1_aarch64"]),
    (elf(62, []), "x86_64-linux-musl", ["manylinux_2_17_x86_64", "manylinux2014_x86_64", "musllinux_1_1_x86_64"]),
    (elf(62, [(3, b"/lib/ld-musl-x86_64.so.1\0")]), "x86_64-linux-musl", ["musllinux_1_2_x86_64"]),
    (elf(62, [(3, b"/lib64/ld-linux\0")], b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0"), "x86_64-linux-gnu", ["manylinux_2_34_x86_64"]),
    (elf(183, [(3, b"/lib/ld-linux\0")], b"\0GLIBC_2.9\0"), "aarch64-linux-gnu", ["manylinux_2_17_aarch64"]),
    (macho(0x01000007, (10, 12)), "x86_64-macos", ["macosx_10_12_x86_64"]),
    (macho(0x0100000C, (11, 3)), "aarch64-macos", ["macosx_11_0_arm64"]),
    (pe(0x8664), "x86_64-windows", ["win_amd64"]),
    (pe(0xAA64), "aarch64-windows", ["win_arm64"]),
]


class Packages(unittest.TestCase):
    """Every kind of package of every kind of program."""

    def setUp(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.facts = project.read()

    def program(self, content: bytes) -> binary.Binary:
        path = Path(self.directory.name) / "program"
        path.write_bytes(content)
        return binary.read(path)

    def test_a_program_is_labelled_by_its_headers(self) -> None:
        for content, platform, tags in PROGRAMS:
            program = self.program(content)
            self.assertEqual((program.platform, program.wheel_tags()), (platform, tags))

    def test_anything_else_is_refused(self) -> None:
        for content in [b"", b"#!/bin/sh\n", elf(3, []), pe(0x14C), b"\x7fELF\x01\x01" + bytes(60)]:
            with self.assertRaises((SystemExit, struct.error, IndexError)):
                self.program(content)

    def test_a_wheel_records_every_file(self) -> None:
        for content, _, tags in PROGRAMS:
            program = self.program(content)
            files = [File(f"bin/{program.program}", content, 0o755), File("share/man/man1/x.1", b"page")]
            name, packed = wheel.make(self.facts, program, files, "Some.Name")
            self.assertEqual(name, f"some_name-{self.facts.version}-py3-none-{'.'.join(tags)}.whl")
            self.assertEqual((name, packed), wheel.make(self.facts, program, files, "Some.Name"), "the same bytes")
            with zipfile.ZipFile(io.BytesIO(packed)) as opened:
                info = f"some_name-{self.facts.version}.dist-info"
                rows = [line.rsplit(",", 2) for line in opened.read(f"{info}/RECORD").decode().splitlines()]
                self.assertEqual({row[0] for row in rows}, set(opened.namelist()))
                for path, digest, size in rows[:-1]:
                    data = opened.read(path)
                    own = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                    self.assertEqual((digest, size), (f"sha256={own}", str(len(data))), path)
                script = opened.getinfo(f"some_name-{self.facts.version}.data/scripts/{program.program}")
                self.assertEqual(script.external_attr >> 16 & 0o777, 0o755)

    def test_npm_packages_run_no_script_and_are_in_a_scope(self) -> None:
        for content, _, _ in PROGRAMS:
            program = self.program(content)
            for name, packed in [npm.main(self.facts, "@own/name", []), npm.platform(self.facts, program, "@own/name", 1)]:
                with tarfile.open(fileobj=io.BytesIO(packed)) as opened:
                    manifest = json.load(opened.extractfile("package/package.json"))
                self.assertNotIn("scripts", manifest, name)
                self.assertTrue(all(other.startswith("@own/name-") for other in manifest.get("optionalDependencies", {})))
        for name in ["name", "own/name", "@own", "@own/na me", "@Own/name"]:
            with self.assertRaises(SystemExit, msg=name):
                npm.check_name(name)

    def test_a_debian_package_needs_what_the_program_needs(self) -> None:
        for content, platform, _ in PROGRAMS[:6]:
            _, packed = deb.make(self.facts, self.program(content), [], 1)
            self.assertTrue(packed.startswith(b"!<arch>\ndebian-binary "))
            size = int(packed[8 + 60 + 4 + 48 : 8 + 60 + 4 + 58])
            with tarfile.open(fileobj=io.BytesIO(packed[8 + 60 + 4 + 60 :][:size])) as opened:
                control = opened.extractfile("./control").read().decode()
            self.assertEqual("Depends: libc6" in control, platform.endswith("-gnu"), control)

    def test_a_release_is_taken_only_by_its_hash(self) -> None:
        release = Path(self.directory.name)
        name = archive.name(self.facts, pinned.host_platform())
        (release / name).write_bytes(b"the archive")
        right = hashlib.sha256(b"the archive").hexdigest()
        for version, total, expected in [
            (self.facts.version, right, b"the archive"),
            ("0.0.0", right, None),
            (self.facts.version, "0" * 64, SystemExit),
        ]:
            found = pinned.Release(version, release.as_uri(), {name: total})
            if expected is SystemExit:
                with self.assertRaises(SystemExit):
                    pinned.download(self.facts, found)
            else:
                self.assertEqual(pinned.download(self.facts, found), expected)

    def test_the_formula_names_every_hash(self) -> None:
        platforms = ["x86_64-linux", "aarch64-linux", "x86_64-macos", "aarch64-macos"]
        lines = [f"{at:064x}  {archive.name(self.facts, platform)}" for at, platform in enumerate(platforms, 1)]
        _, text = formula.make(self.facts, "https://git.example/x", "\n".join(lines))
        self.assertNotIn(b"@", text)
        for at in range(1, 5):
            self.assertIn(f"{at:064x}".encode(), text)
        with self.assertRaises(SystemExit):
            formula.make(self.facts, "https://git.example/x", lines[0])


class Advisories(unittest.TestCase):
    """The data-only release, from local records."""

    def record(self, identifier: str, modified: str, **more: object) -> bytes:
        return json.dumps({"id": identifier, "modified": modified, "affected": [], **more}).encode()

    def run_script(self, *args: object) -> subprocess.CompletedProcess[str]:
        script = Path(__file__).resolve().parent / "advisories"
        return subprocess.run([sys.executable, script, *map(str, args)], capture_output=True, text=True)

    def test_the_same_sources_give_the_same_bytes_in_any_order(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "a").mkdir()
            (root / "a" / "MAL-2030-1.json").write_bytes(self.record("MAL-2030-1", "2030-01-02T00:00:00Z", withdrawn="x"))
            (root / "a" / "GHSA-1.json").write_bytes(self.record("GHSA-1", "2030-01-01T00:00:00Z"))
            with zipfile.ZipFile(root / "b.zip", "w") as packed:
                packed.writestr("MAL-2030-1.json", self.record("MAL-2030-1", "2030-01-01T00:00:00Z"))
                packed.writestr("GHSA-2.json", self.record("GHSA-2", "2030-01-03T00:00:00Z", aliases=["MAL-2030-2"]))
                packed.writestr("README.md", "no record")
            first = self.run_script("--out", root / "1.zip", root / "a", root / "b.zip")
            self.assertEqual(first.returncode, 0, first.stderr)
            self.assertIn("2 records, newest 2030-01-03", first.stdout)
            self.run_script("--out", root / "2.zip", root / "b.zip", root / "a")
            self.assertEqual((root / "1.zip").read_bytes(), (root / "2.zip").read_bytes())
            with zipfile.ZipFile(root / "1.zip") as packed:
                self.assertEqual(packed.namelist(), ["GHSA-2.json", "MAL-2030-1.json"])
                self.assertEqual(json.loads(packed.read("MAL-2030-1.json"))["withdrawn"], "x")

    def test_a_source_that_is_none_is_named_and_nothing_is_written(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "no.zip").write_text("no archive")
            (root / "empty").mkdir()
            (root / "other").mkdir()
            (root / "other" / "a.json").write_text("[1]")
            for source in ["no.zip", "empty", "other", "absent"]:
                run = self.run_script("--out", root / "out.zip", root / source)
                self.assertEqual(run.returncode, 1, source)
                self.assertIn(source, run.stderr)
                self.assertFalse((root / "out.zip").exists())


if __name__ == "__main__":
    unittest.main()
