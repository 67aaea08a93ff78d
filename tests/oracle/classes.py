"""The classes of random cases in which this program is meant to differ: for each what it does
instead, and why. Anything outside of them has to be the same.
"""

import shlex

from compare import Differs, command_of, told

ONE_TARGET = "of two sources with one target the slower one won: the second one is a failure"
OVERLAP = "places that overlap are refused"
PREDICTS = "a dry run predicts: files and objects stay, but lines and status are the real ones"
FORCE = "B18: an object that is there is replaced only with -f"
EMPTY = "an empty source deletes nothing: the original deleted everything"
BESIDE = (
    "an object is not part of the directory that has its name: the original made up a "
    "key that ends in /."
)
NAMED = "sync -D names the source that is no directory: the original named the target"
GOES_ON = "the original stops at the first failure: the rest goes on"
SYNCED = "B18: what is the same is not copied again"
INSIDE = (
    "a slash at the end means what is in the directory: the original showed the directory if "
    "there was an object of its name"
)

REASONS = {ONE_TARGET, OVERLAP, PREDICTS, FORCE, EMPTY, BESIDE, NAMED, GOES_ON, SYNCED, INSIDE}

TRANSFERS = ("put", "get", "cp", "mv", "sync", "dsync")


def differs(case, original, ours):
    words = shlex.split(case.line)
    command, operands = command_of(case.line), [word for word in words[1:] if word[0] != "-"]
    options = [word for word in words[1:] if word[0] == "-"]
    errors = "\n".join(told(ours.err))
    across = command in ("cp", "mv", "sync", "dsync") and all(
        word.startswith("s3") for word in operands
    )
    keys = [word.split("/", 3)[-1] for word in operands]
    directories = tuple("/" + key for key in keys if key.endswith("/"))
    if command == "ls" and any(
        " DIR " in line and line.endswith(directories) for line in original.out
    ):
        return Differs(INSIDE, loose=("out",), racy=True)
    if command not in TRANSFERS:
        return None
    if "another source has the same target" in errors:
        return Differs(
            ONE_TARGET,
            status=1, loose=("out", "err", "files", "objects"), racy=True,
        )
    if "overlap" in errors:
        return Differs(
            OVERLAP, status=1, out=[], racy=True,
            loose=("err", "files", "objects"),
        )
    if "-n" in options:
        return Differs(
            PREDICTS,
            loose=("status", "out", "err"), racy=True,
        )
    if across and command in ("cp", "mv") and "-f" not in options:
        if "File already exists" in errors:
            return Differs(
                FORCE,
                status=1, loose=("out", "err", "objects"), racy=True,
                also=lambda: replaced(case, ours),
            )
    if "because the source is empty" in errors:
        return Differs(
            EMPTY,
            status=1, loose=("out", "objects"), racy=True,
        )
    if any("/. => " in line or line.endswith("/.") for line in original.out):
        return Differs(
            BESIDE,
            status=0, loose=("out", "err", "objects", "files"), racy=True,
        )
    if any(text.endswith('" is not a directory.') for text in told(original.err)):
        return Differs(
            NAMED,
            status=1, err=[" is not a directory."], loose=("out",), racy=True,
        )
    if original.status != 0:
        return Differs(
            GOES_ON,
            status=1, loose=("out", "files", "objects"), racy=True,
        )
    if across:
        return Differs(
            SYNCED,
            status=0, loose=("out",), racy=True, also=lambda: other_lines(original, ours),
        )
    return None


def other_lines(original, ours):
    """Only the mark of what is synced may be different."""
    plain = [sorted(line.removesuffix(" (synced)") for line in result.out)
             for result in (original, ours)]
    return plain[0] != plain[1] and "out: other lines"


def replaced(case, ours):
    """What was there and was not said to be replaced is as it was."""
    import world

    for line in told(ours.err):
        if "File already exists: " not in line:
            continue
        url = line.split("File already exists: ", 1)[1]
        letter, key = url[len("s3://")], url.split("/", 3)[3]
        name = key if letter == "B" else "C:" + key
        wanted = world.digest(case.spec.objects.get(name, "?").encode())
        if not ours.objects.get(name, "").startswith(wanted + " "):
            return "objects: %s is not what it was" % name
    return None
