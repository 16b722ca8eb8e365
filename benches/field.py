"""field.py PLAN RUNS CHART: times what field.sh planned, in turns, and prints a table; see there.

A plan has a command a line, fields parted by tabs: repository, workload, directory, name, and the command's words. The
first command of a workload is the bare work, and the others are shown as multiples of its CPU time.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import time

SLOW = 20  # seconds
TIME = shutil.which("time") or "/usr/bin/time"


def once(directory, command):
    """CPU and wall time of one run, in seconds."""
    with open(os.devnull, "wb") as null:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=null, stderr=null)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
    return usage.ru_utime + usage.ru_stime, wall, process.returncode


def memory(directory, command):
    """Peak memory of one run in MiB; none without GNU time. Not from wait4: that counts this program's own pages."""
    if not os.path.exists(TIME):
        return None
    done = subprocess.run([TIME, "-f", "%M", *command], cwd=directory, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
    return int(last[0]) / 1024 if last and last[0].isdigit() else None


def measure(group, runs):
    """Medians of every command of a workload; their runs take turns, so that what slows one slows all."""
    turns = max(3, runs // 10) if group[0][1] == "W4" else runs
    taken = {row[3]: [] for row in group}
    codes, slow = {}, set()
    for row in group:
        cpu, wall, codes[row[3]] = once(row[2], row[4:])
        # Nobody waits for a minute's work to be done fifteen times; the first run then has to do.
        if wall > SLOW:
            taken[row[3]] = [(cpu, wall)] * turns
            slow.add(row[3])
    for _ in range(turns):
        for row in group:
            if row[3] not in slow:
                cpu, wall, codes[row[3]] = once(row[2], row[4:])
                taken[row[3]].append((cpu, wall))
    results = []
    for row in group:
        cpu = statistics.median(t[0] for t in taken[row[3]])
        wall = statistics.median(t[1] for t in taken[row[3]])
        # Of each pair the ratio, and of these the median.
        ratio = statistics.median(t[0] / max(b[0], 1e-6) for t, b in zip(taken[row[3]], taken[group[0][3]]))
        peak = memory(row[2], row[4:]) if row[3] not in slow else None
        results.append((row[3], cpu, wall, peak, ratio, codes[row[3]]))
    return results


def chart(path, name, measured):
    """The ratios as bars on a logarithmic scale; a line stands where the bare work is."""
    import math
    colours = {"shield-hook": "#1a7f37", "betterleaks": "#8250df", "gitleaks": "#bf8700", "kingfisher": "#0969da",
               "ripsecrets": "#cf222e", "detect-secrets": "#57606a"}
    bars = [(work, base, r) for work, results in measured for base in [results[0][0]] for r in results[1:]]
    low, high = 0.1, max([10.0] + [r[4] for _, _, r in bars]) * 1.2
    left, width, step = 190, 560, 22
    place = lambda value: left + width * math.log(max(value, low) / low) / math.log(high / low)
    y, body, last = 62, [], None
    for work, base, (tool, cpu, _, _, ratio, _) in bars:
        if work != last:
            y += 12
            body.append(f'<text x="12" y="{y + 14}" font-weight="bold">{work} / {base}</text>')
            last = work
        body.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{tool}</text>'
                    f'<rect x="{left}" y="{y + 3}" width="{place(ratio) - left:.1f}" height="{step - 7}" '
                    f'fill="{colours.get(tool, "#57606a")}"/>'
                    f'<text x="{place(ratio) + 5:.1f}" y="{y + 14}">{ratio:.2g}</text>')
        y += step
    one = place(1)
    svg = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 70}" height="{y + 44}" '
           f'font-family="system-ui, sans-serif" font-size="12" fill="#1f2328">'
           f'<rect width="100%" height="100%" fill="#ffffff"/>'
           f'<text x="12" y="22" font-size="15" font-weight="bold">CPU time as a multiple of the bare work: {name}</text>'
           f'<text x="12" y="42">Less is better; logarithmic. The line is git (or ripgrep) itself.</text>'
           + "".join(body) +
           f'<line x1="{one:.1f}" y1="56" x2="{one:.1f}" y2="{y + 6}" stroke="#1f2328" stroke-dasharray="4 3"/>'
           f'<text x="12" y="{y + 30}">{time.strftime("%Y-%m-%d")}, {os.cpu_count()} cores, {platform.machine()}, '
           f'{platform.system()}; benches/field.sh</text></svg>\n')
    with open(path, "w", encoding="utf-8") as out:
        out.write(svg)


def main():
    plan, runs, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with open(plan, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    # A peer that is not here is left out.
    rows = [row for row in rows if shutil.which(row[4])]
    groups = {}
    for row in rows:
        groups.setdefault((row[0], row[1]), []).append(row)
    print(f"# {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}\n")
    print("| repository | work | command | CPU | wall | peak memory | CPU ratio | exit |")
    print("|---|---|---|---:|---:|---:|---:|---:|")
    measured = {}
    for (repository, work), group in groups.items():
        results = measure(group, runs)
        measured.setdefault(repository, []).append((work, results))
        for tool, cpu, wall, peak, ratio, code in results:
            peak = f"{peak:.1f} MiB" if peak else "?"
            print(f"| {repository} | {work} | {tool} | {cpu * 1000:.1f} ms | {wall * 1000:.1f} ms | {peak} | {ratio:.2f} | {code} |",
                  flush=True)
    if path:
        first = next(iter(measured))
        chart(path, first, measured[first])


main()
