#!/usr/bin/env python3
"""How the code reads, in figures: a report, not a gate.

usage: .ci/measure.py [--list] [DIR...]     DIR: folders with Rust sources, src by default; --list names the places

Functions are measured by their braces as rustfmt lays them out, so run `cargo fmt` first.
"""
import re
import statistics
import sys
from collections import defaultdict
from pathlib import Path

LONG_FUNCTION = 60
MANY_PARAMETERS = 5

FUNCTION = re.compile(r"^(\s*)(?:pub(?:\([^)]*\))?\s+)?(?:const\s+|async\s+|unsafe\s+|extern\s+\"C\"\s+)*fn\s+(\w+)")
# An indented `type` is an associated one, which its trait names.
TYPE = re.compile(r"^(?:\s*(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum|trait|union)|(?:pub(?:\([^)]*\))?\s+)?type)\s+(\w+)")
# Programs beside the one that is installed: their names cannot be confused with its own.
OTHER_PROGRAMS = ("src/build/", "src/train/")
COMMENT = re.compile(r"^\s*//[/!]? ?(.*)")
IDIOM = re.compile(r"\b(?:stands?|stood|tells?|told|says?|said)\b", re.I)


def without_tests(lines):
    """The lines before a file's own test module."""
    for number, line in enumerate(lines):
        if line == "#[cfg(test)]" and number + 1 < len(lines) and lines[number + 1].startswith("mod tests {"):
            return lines[:number]
    return lines


def parameters(text):
    """How many parameters a signature has, from its opening parenthesis on, without `self`."""
    depth, parts, current = 0, [], ""
    for before, char in zip(" " + text, text):
        if char in "([{<":
            depth += 1
            if depth == 1:
                continue
        if char in ")]}" or (char == ">" and before != "-"):
            depth -= 1
            if depth == 0:
                break
        if char == "," and depth == 1:
            parts.append(current)
            current = ""
        else:
            current += char
    parts.append(current)
    return len([p for p in parts if p.strip() and not re.match(r"\s*&?\s*('\w+\s+)?(mut\s+)?self\b", p)])


def functions(lines):
    """Name, first line, length and parameters of every function."""
    for number, line in enumerate(lines):
        found = FUNCTION.match(line)
        if not found:
            continue
        signature = "\n".join(lines[number:number + 40])
        signature = signature[signature.index(found.group(2)) + len(found.group(2)):]
        signature = re.sub(r"^<[^(]*>", "", signature)
        length = 1
        if not line.rstrip().endswith((";", "}")):
            end = re.compile(re.escape(found.group(1)) + r"\}")
            for offset, later in enumerate(lines[number + 1:], 2):
                length = offset
                if end.match(later) or later == found.group(1) + "}":
                    break
                if later.rstrip().endswith(";") and offset < 12 and later.startswith(found.group(1) + ")"):
                    break
        yield found.group(2), number + 1, length, parameters(signature)


def main():
    listing = "--list" in sys.argv
    roots = [a for a in sys.argv[1:] if not a.startswith("--")] or ["src"]
    files = sorted(p for root in roots for p in Path(root).rglob("*.rs"))
    comments = what = idiom = examples = 0
    sizes, types, lengths, long, many = [], defaultdict(set), [], [], []
    for path in files:
        every = path.read_text(encoding="utf-8").splitlines()
        sizes.append(len(every))
        examples += sum(1 for line in every if re.match(r"\s*//[/!] ```(rust|no_run|should_panic)?$", line)) // 2
        lines = every if path.name == "tests.rs" else without_tests(every)
        for number, line in enumerate(lines, 1):
            if found := COMMENT.match(line):
                comments += 1
                if re.search(r"\bwhat\b", found.group(1), re.I):
                    what += 1
                    if listing:
                        print(f"{path}:{number}: {found.group(1)}")
                idiom += bool(IDIOM.search(found.group(1)))
            elif path.name != "tests.rs" and not str(path).startswith(OTHER_PROGRAMS) and (found := TYPE.match(line)):
                types[found.group(1)].add(str(path))
        for name, number, length, count in functions(lines):
            lengths.append(length)
            if length > LONG_FUNCTION:
                long.append((length, f"{path}:{number} {name}"))
            if count > MANY_PARAMETERS:
                many.append((count, f"{path}:{number} {name}"))
    shared = {name: where for name, where in types.items() if len(where) > 1}
    print(f"files: {len(files)}; lines: median {statistics.median(sizes):.0f}, mean {statistics.mean(sizes):.0f}, over 500: {sum(s > 500 for s in sizes)}")
    print(f"functions: {len(lengths)}, median {statistics.median(lengths):.0f} lines; over {LONG_FUNCTION} lines: {len(long)}; over {MANY_PARAMETERS} parameters: {len(many)}")
    print(f"comment lines: {comments}; with \"what\": {what}; with stand, tell or say: {idiom}")
    print(f"type names: {len(types)}, defined in two files or more: {len(shared)}")
    print(f"code examples in doc comments: {examples}")
    for title, rows in (("long functions", long), ("many parameters", many)):
        for count, where in sorted(rows, reverse=True)[:10 ** 6 if listing else 5]:
            print(f"  {title}: {count} {where}")
    for name, where in sorted(shared.items(), key=lambda row: (-len(row[1]), row[0]))[:10 ** 6 if listing else 8]:
        print(f"  {name}: {len(where)} files" + (": " + ", ".join(sorted(where)) if listing else ""))


if __name__ == "__main__":
    main()
