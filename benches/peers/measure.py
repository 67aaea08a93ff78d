"""Do each work with each tool, in turn, and note what the kernel says it took."""

import os
import pathlib
import random
import subprocess
import sys

import works

CHILD = str(pathlib.Path(__file__).resolve().parent / "child.py")
# A tool that takes longer has failed.
SECONDS = 1200
# The tools that are measured as often as was asked for; the others, which take minutes, once.
CLOSE = {"s4cmd", "s5cmd", "curl"}


def all_works(place, names, runs):
    return {name: one_work(place, name, works.WORKS[name], runs) for name in names}


def one_work(place, name, work, runs):
    tools = [tool for tool in place.programs if place.knows(tool, work)]
    found = {tool: [] for tool in tools}
    order = random.Random(name)
    for turn in range(runs * work.times):
        # What one leaves behind is not always the same one's to find.
        for tool in order.sample(tools, len(tools)):
            if turn == 0 or tool in CLOSE:
                found[tool].append(one_run(place, name, work, tool, turn))
                print("%s: %s: %s" % (name, tool, found[tool][-1]), file=sys.stderr)
    return found


def one_run(place, name, work, tool, turn, options=None):
    """Options are those of the work, for this program, if none are given."""
    target = "out/%s/%s-%d" % (name, tool, turn)
    arguments, is_done = work.prepare(place, work, target)
    if options is None:
        options = work.options if tool == "s4cmd" else ()
    line = place.line(tool, *arguments, options=options)
    if work.is_second_time:
        subprocess.run(line, env=place.environment(tool), stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    result = timed(place, tool, line, work.times == 1)
    if is_done and not is_done():
        result["error"] = result.get("error") or "incomplete"
    # Trees stay on the server, too, which may keep objects as files: see `remove_large`.
    if work.prepare is works.put_file:
        place.clean(target)
    place.remove_large()
    return result


def timed(place, tool, line, warm=True):
    report = place.scratch / "report"
    report.unlink(missing_ok=True)
    # What was written before is not to be written now.
    os.sync()
    if warm:
        place.warm()
    busy = Busy()
    done = subprocess.run(
        [sys.executable, "-I", "-S", CHILD, str(report), str(SECONDS)] + line,
        env=place.environment(tool), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE)
    share = busy.share()
    if not report.exists():
        raise RuntimeError("cannot run %s: %s" % (tool, done.stderr.decode(errors="replace")))
    wall, cpu, peak, status = report.read_text().split()
    result = {
        "wall": float(wall), "cpu": float(cpu), "peak_mib": int(peak) / 1024, "busy": share,
    }
    if int(status):
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        result["error"] = "exit %s: %s" % (status, "".join(last)[:200])
    return result


class Busy:
    """The share of the machine's processors that was in use, by whomever, since this was made."""

    def __init__(self):
        self.before = self.times()

    @staticmethod
    def times():
        with open("/proc/stat") as file:
            return [int(word) for word in file.readline().split()[1:9]]

    def share(self):
        spent = [after - before for after, before in zip(self.times(), self.before)]
        # The fourth and fifth are idle time, the fifth of them with a disk to wait for.
        return round(1 - (spent[3] + spent[4]) / max(1, sum(spent)), 3)
