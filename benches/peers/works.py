"""The works that are timed: what is there before, what is done, and what must be there after."""

import os
import random
import subprocess
import tempfile

import tools

MIB = 1 << 20
KIB = 1 << 10


class Place:
    """Where everything is: the scratch directory, the server, the programs."""

    def __init__(self, scratch, server, programs, large_mib, scale):
        self.scratch = scratch
        self.server = server
        self.programs = programs
        self.large_mib = large_mib
        self.scale = scale
        self.home = scratch / "home"
        self.home.mkdir()
        self.seeded = set()
        self.outs = 0
        config = self.scratch / "crt.conf"
        config.write_text("[default]\ns3 =\n  preferred_transfer_client = crt\n")
        config.chmod(0o600)
        # It may be there already.
        self.seed("make-bucket", tools.BUCKET, check=False)

    def count(self, number):
        return max(1, round(number * self.scale / 100))

    def environment(self, tool):
        variables = self.server.environment(str(self.home))
        if tool == "aws-crt":
            variables["AWS_CONFIG_FILE"] = str(self.scratch / "crt.conf")
        return variables

    def knows(self, tool, work):
        is_plain = work.prepare in (put_file, get_file, get_whole_file) and not work.options
        return tool != "curl" or is_plain

    def clean(self, target):
        """Removes what a work has left on the server; what it was made of stays."""
        self.seed("delete-tree", target, check=False)

    def line(self, tool, *arguments, **options):
        """What is timed."""
        return tools.line(tool, self.programs[tool], self.server, *arguments, **options)

    def seed(self, verb, source, target=None, check=True, tool="s4cmd"):
        """Does what has to be there before anything is timed."""
        done = subprocess.run(
            tools.line(tool, self.programs[tool], self.server, verb, source, target),
            env=self.environment(tool), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if check and done.returncode:
            raise RuntimeError("cannot prepare: %s" % done.stderr.decode(errors="replace"))

    def file(self, mib):
        path = self.scratch / ("large-%d" % mib)
        if not path.exists():
            with open(path, "wb") as file:
                for _ in range(mib):
                    file.write(os.urandom(MIB))
        return str(path)

    def tree(self, count, size):
        """Files of one size in directories of a hundred."""
        path = self.scratch / ("tree-%d-%d" % (count, size))
        if not path.exists():
            content = random.Random(1)
            for n in range(count):
                folder = path / ("%05d" % (n // 100))
                folder.mkdir(parents=True, exist_ok=n % 100 != 0)
                (folder / ("file-%07d" % n)).write_bytes(content.randbytes(size))
        return str(path)

    def stored_tree(self, count, size):
        prefix = "seed/%d-%d" % (count, size)
        if prefix not in self.seeded:
            self.seed("put-tree", self.tree(count, size), prefix)
            self.seeded.add(prefix)
        return prefix

    def stored_file(self, mib, tool="s4cmd"):
        key = "seed/%s-%d" % (tool, mib)
        if key not in self.seeded:
            self.seed("put", self.file(mib), key, tool=tool)
            self.seeded.add(key)
        return key

    def out(self):
        """A new directory."""
        self.outs += 1
        out = self.scratch / "out" / str(self.outs)
        out.mkdir(parents=True)
        return out

    def warm(self):
        """Touches as much memory as a large file takes, page by page and in large pieces, as the
        cache of files takes it for small and for large writes. A virtual machine gives what is free
        back to its host, and who is first to use it again pays seconds for what others get for
        nothing.
        """
        size = 2 * self.large_mib
        with tempfile.TemporaryFile(dir="/dev/shm") as file:
            os.posix_fallocate(file.fileno(), 0, size * MIB)
        with tempfile.TemporaryFile(dir=self.scratch, buffering=0) as file:
            piece = bytes(MIB)
            for _ in range(size):
                file.write(piece)

    def remove_large(self):
        """Removes a large file that was got. Trees stay to the end: ext4 without a journal
        avoids inodes that became free within the last minute, and who makes files after others were
        removed spends most of the time on looking for older ones."""
        for path in self.scratch.glob("out/*/large"):
            path.unlink()


class Work:
    """One row of the table."""

    def __init__(self, title, prepare, count=None, wall=None, cpu=None, memory=None, options=(),
                 is_second_time=False, times=1):
        self.title = title
        # Gives the arguments of tools.line, and a function that counts what is there afterwards.
        self.prepare = prepare
        self.count = count
        self.limits = (wall, cpu, memory)
        # For this program; the others have none of the kind.
        self.options = options
        # What is timed is the second time that a tool does the same.
        self.is_second_time = is_second_time
        # What is short is done so many times as often, with nothing in between that takes the
        # programs out of the processor's caches.
        self.times = times


def put_file(place, work, target):
    return ("put", place.file(place.large_mib), target + "/large"), None


def get_file(place, work, target):
    """Of an object in parts, as all other tools send it."""
    return get_file_of(place, "s5cmd" if "s5cmd" in place.programs else "s4cmd")


def get_whole_file(place, work, target):
    """Of one that was sent in one request, so that there is one MD5 of all of it."""
    return get_file_of(place, "s4cmd")


def get_file_of(place, sender):
    path = place.out() / "large"
    size = place.large_mib * MIB
    is_whole = lambda: path.exists() and path.stat().st_size == size
    return ("get", place.stored_file(place.large_mib, sender), str(path)), is_whole


def put_tree(place, work, target):
    count, size = work.count
    return ("put-tree", place.tree(place.count(count), size), target), None


def get_tree(place, work, target):
    count, size = work.count
    count, out = place.count(count), place.out()
    whole = lambda: sum(len(files) for _, _, files in os.walk(out)) == count
    return ("get-tree", place.stored_tree(count, size), str(out)), whole


def list_tree(place, work, target):
    count, size = work.count
    return ("list-tree", place.stored_tree(place.count(count), size)), None


def list_level(place, work, target):
    count, size = work.count
    return ("list", place.stored_tree(count, size)), None


def sync(place, work, target):
    count, size = work.count
    tree = place.tree(place.count(count), size)
    return ("sync", tree, target), None


def copy_tree(place, work, target):
    count, size = work.count
    return ("copy-tree", place.stored_tree(place.count(count), size), target), None


def delete_tree(place, work, target):
    count, size = work.count
    place.seed("put-tree", place.tree(place.count(count), size), target)
    return ("delete-tree", target), None


WORKS = {
    "put-large": Work("put one file of {large}", put_file, wall=1.0, cpu=0.9, memory=48),
    "put-large-no-md5": Work(
        "put one file of {large}, `--no-md5`", put_file, wall=0.9, cpu=0.5, memory=48,
        options=["--no-md5"]),
    "get-large": Work("get one file of {large}, verified", get_file, wall=1.2, cpu=1.5, memory=48),
    "get-large-no-verify": Work(
        "get one file of {large}, `--no-verify`", get_file, wall=0.8, cpu=0.5, memory=48,
        options=["--no-verify"]),
    "get-large-whole": Work(
        "get one file of {large}, verified, sent in one request", get_whole_file, memory=48),
    "put-small": Work("put {count} x 4 KiB", put_tree, (10000, 4 * KIB), 0.7, 0.4, 32),
    "get-small": Work("get {count} x 4 KiB", get_tree, (10000, 4 * KIB), 0.7, 0.4, 32),
    "put-medium": Work("put {count} x 256 KiB", put_tree, (1000, 256 * KIB), 0.8, 0.6, 48),
    "get-medium": Work("get {count} x 256 KiB", get_tree, (1000, 256 * KIB), 0.8, 0.6, 48),
    "ls": Work("`ls -r` of {count} keys", list_tree, (100000, 16), 0.6, 0.25, 24),
    "dsync": Work("`dsync` of {count} files, nothing to do", sync, (20000, 1024), 0.5, 0.4, 24,
        is_second_time=True),
    "cp": Work("`cp -r` of {count} objects on the server", copy_tree, (5000, 4 * KIB), 1.0, 0.4, 24),
    "del": Work("`del -r` of {count} objects", delete_tree, (10000, 16), 0.8, 0.3, 24),
    "start": Work("`ls` of {count} names (start-up)", list_level, (10, 16), 0.5, 0.2, 12,
        times=10),
}
