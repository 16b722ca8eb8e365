#!/usr/bin/env python3
"""Draws what a terminal shows as an SVG: a commit that is stopped. Run it after a change of the report:

    docs/pictures/make.py PATH-TO-SHIELD-HOOK docs/pictures/blocked.svg
"""

from __future__ import annotations

import os
import random
import re
import string
import subprocess
import sys
import tempfile
import zlib
from html import escape
from pathlib import Path

COLUMNS, CELL, LINE, MARGIN = 92, 8.4, 19, 18
# The names of the eight colours, plain and bright, on a dark ground.
COLOURS = {30: "#6e7681", 31: "#ff7b72", 32: "#7ee787", 33: "#f2cc60", 34: "#79c0ff", 35: "#d2a8ff", 36: "#76e3ea", 37: "#e6edf3"}
COLOURS |= {number + 60: colour for number, colour in COLOURS.items()}


def token() -> str:
    """An npm token of no account, with the checksum that npm gives: made anew each time, and never drawn."""
    alphabet = string.digits + string.ascii_uppercase + string.ascii_lowercase
    body = "".join(random.choice(alphabet) for _ in range(30))
    rest, total = "", zlib.crc32(body.encode())
    for _ in range(6):
        rest, total = alphabet[total % 62] + rest, total // 62
    return "npm" + "_" + body + rest


def report(program: Path) -> str:
    """The report on a staged token, with the escape sequences of a terminal."""
    with tempfile.TemporaryDirectory() as directory:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": directory,
            "XDG_STATE_HOME": f"{directory}/state",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        repository = Path(directory) / "project"
        subprocess.run(["git", "init", "--quiet", repository], check=True, env=environment)
        (repository / ".npmrc").write_text(f"//registry.example/:_authToken={token()}\n", encoding="utf-8")
        subprocess.run(["git", "add", "."], check=True, cwd=repository, env=environment)
        command = [program, "hook", "pre-commit", "--color", "always"]
        run = subprocess.run(command, cwd=repository, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode != 1:
        raise SystemExit(f"the report was expected to block: {run.stdout}")
    # Two values that differ from run to run.
    text = re.sub(r"\b[0-9a-f]{32}\b", "0123456789abcdef0123456789abcdef", run.stdout)
    return re.sub(r"\d+ ms", "5 ms", text)


def spans(line: str) -> list[tuple[str, str]]:
    """The pieces of a line, each with the style that the escape sequences before it set."""
    # Links to files carry the path of the temporary directory; their text stays.
    line = re.sub(r"\x1b\]8;;.*?(?:\x1b\\|\x07)", "", line)
    found, bold, colour = [], False, None
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        sequence = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if not sequence:
            style = (f"fill:{colour};" if colour else "") + ("font-weight:600" if bold else "")
            found += [(part, style)] if part else []
            continue
        for number in (int(n or 0) for n in sequence[1].split(";")):
            if number == 0:
                bold, colour = False, None
            elif number == 1:
                bold = True
            elif number in COLOURS:
                colour = COLOURS[number]
    return found


def wrapped(line: str) -> list[list[tuple[str, str]]]:
    """A line in rows of the terminal's width, broken at blanks."""
    rows: list[list[tuple[str, str]]] = [[]]
    room = COLUMNS
    for text, style in spans(line):
        for word in re.findall(r"\s+|\S+", text):
            if len(word) > room and not word.isspace() and len(word) <= COLUMNS:
                rows.append([("      ", "")])
                room = COLUMNS - 6
            rows[-1].append((word, style))
            room -= len(word)
    return rows


def draw(text: str) -> str:
    """The picture."""
    lines = ["\x1b[1m$\x1b[0m git commit --message 'publish from CI'", *text.rstrip().split("\n")]
    rows = [row for line in lines for row in wrapped(line)]
    width, height = COLUMNS * CELL + 2 * MARGIN, len(rows) * LINE + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
        "<title>A commit with an npm token is stopped, and the report shows how to repair it</title>",
        f'<rect width="{width:.0f}" height="{height:.0f}" rx="8" fill="#0d1117"/>',
        '<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="14" fill="#c9d1d9" xml:space="preserve">',
    ]
    for number, row in enumerate(rows):
        column, parts = 0, []
        for piece, style in row:
            if not piece.isspace():
                # Each word has its place, so that the columns hold with any font.
                parts.append(f'<tspan x="{MARGIN + column * CELL:.1f}" style="{style}">{escape(piece)}</tspan>')
            column += len(piece)
        out.append(f'<text y="{MARGIN + (number + 0.75) * LINE:.1f}">{"".join(parts)}</text>')
    return "\n".join([*out, "</g>", "</svg>"]) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    Path(sys.argv[2]).write_text(draw(report(Path(sys.argv[1]).resolve())), encoding="utf-8")
