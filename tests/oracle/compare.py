"""Whether two results are the same, and how they are not."""

import shlex

from programs import short

# Their lines have an order; those of transfers come as these end.
ORDERED = ("ls", "cat", "du", "_totalsize")


class Differs:
    """How this program is meant to differ, and why.

    What is given is demanded of this program; all else must be as the original has it. `out`:
    the lines, in any order; `err`: texts that the error output has; `files`, `objects`: the
    names of all files or objects afterwards. `racy`: what the original does is not the same each
    time, so that it may happen to agree.
    """

    def __init__(self, reason, status=None, out=None, err=None, files=None, objects=None,
                 racy=False, loose=(), also=lambda: None):
        self.reason = reason
        self.status = status
        self.out = out
        self.err = err
        self.files = files
        self.objects = objects
        self.racy = racy
        self.loose = loose  # aspects of the original that are not compared at all
        self.also = also  # gives a text if something else is wrong


def command_of(line):
    words = shlex.split(line)
    known = ("ls mb put get cat cp mv dsync sync del du _totalsize").split()
    return next((word for word in words if word in known), "")


def kind(status):
    return {0: "success", 2: "usage"}.get(status, "failure")


def told(lines):
    """The failures that are told in the form of the original, without their prefix."""
    return [line.split("] ", 1)[1] for line in lines if line.startswith("[") and "] " in line]


def differences(line, original, ours):
    """The aspects in which the two results are not the same: aspect -> text."""
    found = {}
    if kind(original.status) != kind(ours.status):
        found["status"] = "%s, not %s" % (ours.status, original.status)
    ordered = command_of(line) in ORDERED
    out = [lines if ordered else sorted(lines) for lines in (original.out, ours.out)]
    if out[0] != out[1]:
        found["out"] = "other lines"
    # The original tells its first failure; a traceback may follow.
    # (boto3 writes None for an empty message.)
    first = next((line.removesuffix("None") for line in original.err if told([line])), None)
    if first:
        # This program says in between what the failure is about.
        prefix, text = first.split("] ", 1)
        if not any(line.startswith(prefix + "] ") and text in line for line in ours.err):
            found["err"] = "not told: " + first
    if original.status == 2:
        usage = [text for text in original.err if text.startswith("s4cmd: error: ")]
        if usage and not any(text.startswith(usage[0]) for text in ours.err):
            found["err"] = "not told: " + usage[0]
    for aspect in ("files", "objects"):
        theirs, mine = getattr(original, aspect), getattr(ours, aspect)
        changed = sorted(name for name in theirs.keys() | mine.keys()
                         if theirs.get(name) != mine.get(name))
        if changed:
            pairs = ["%s: %s, not %s" % (name, mine.get(name), theirs.get(name))
                     for name in changed]
            found[aspect] = "; ".join(pairs)
    return found


def unexplained(line, original, ours, differs):
    """What is left when the written differences are taken away; a list of texts."""
    found = differences(line, original, ours)
    if differs is None:
        return ["%s: %s" % item for item in found.items()]
    wrong = []
    given = set(differs.loose)
    for aspect in ("status", "out", "err", "files", "objects"):
        wanted = getattr(differs, aspect)
        if wanted is None:
            continue
        given.add(aspect)
        if wanted == 0:
            given.add("err")  # success tells nothing
        problem = demanded(aspect, wanted, ours)
        if problem:
            wrong.append(problem)
    problem = differs.also()
    if problem:
        wrong.append(problem)
    if not differs.racy and not given & found.keys():
        wrong.append("the two agree: the written difference is stale")
    return wrong + ["%s: %s" % item for item in found.items() if item[0] not in given]


def demanded(aspect, wanted, ours):
    if aspect == "status":
        return wanted != ours.status and "status %s, not %s" % (ours.status, wanted)
    if aspect == "out":
        mine = sorted(short(ours.out))
        return mine != sorted(wanted) and "out: %s, not %s" % (mine, sorted(wanted))
    if aspect == "err":
        text = "\n".join(short(ours.err))
        missing = [part for part in wanted if part not in text]
        return missing and "err: without %s" % missing
    mine = sorted(name for name, what in getattr(ours, aspect).items() if what != "directory")
    return mine != sorted(wanted) and "%s: %s, not %s" % (aspect, mine, sorted(wanted))
