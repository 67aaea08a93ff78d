"""Sends a tree with each tool and lets dsync look at it; see `peers`."""

import argparse
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import peers_tools
import peers_tree
from world import Server

SECONDS = 600
PLAIN = re.compile(r"[0-9a-f]{32}")
COMPOSITE = re.compile(r"[0-9a-f]{32}-([0-9]+)")


def arguments():
    root = pathlib.Path(__file__).resolve().parents[2]
    default = os.environ.get("S4CMD") or str(root / "target" / "debug" / "s4cmd")
    parser = argparse.ArgumentParser(prog="peers", allow_abbrev=False)
    parser.add_argument("--program", type=os.path.abspath, default=os.path.abspath(default))
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--tool", action="append", default=[])
    return parser.parse_args()


class Look:
    """What one `dsync -n` of the tree came to."""

    def __init__(self, program, server, tree, target, home):
        line = ["dsync", "-n", "--debug", tree, target]
        done = subprocess.run(
            [program, "--endpoint-url", server.endpoint] + line,
            env={
                "HOME": home,
                "S3_ACCESS_KEY": server.access_key,
                "S3_SECRET_KEY": server.secret_key,
                "AWS_DEFAULT_REGION": server.region,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
        )
        self.status = done.returncode
        self.err = done.stderr.decode(errors="replace").splitlines()
        lines = done.stdout.decode(errors="replace").splitlines()
        self.synced = {self.name(text, tree) for text in lines if text.endswith(" (synced)")}
        self.planned = {self.name(text, tree) for text in lines if not text.endswith(" (synced)")}
        found = (re.search(r"S3APICALL (\w+)", text) for text in self.err)
        self.requests = collections.Counter(match[1] for match in found if match)

    @staticmethod
    def name(text, tree):
        source = text.split(" => ")[0]
        return os.path.relpath(source, tree) if source.startswith(tree) else text

    def asked(self):
        return " + ".join("%d %s" % (count, name) for name, count in self.requests.items())

    def misses(self, sizes, expected):
        """What is not as it has to be, if these files and no others differ.

        Of what differs, dsync may ask more, but it must not have to read or change anything.
        """
        misses = []
        if self.status != 0:
            misses.append("status %d: %s" % (self.status, " / ".join(self.err[-2:])))
        for name in sorted(expected - self.planned):
            misses.append("the flipped byte of %s was not found" % name)
        for name in sorted(self.planned - expected):
            misses.append("%s would be sent again" % name)
        for name in sorted(set(sizes) - self.planned - self.synced):
            misses.append("no line about %s" % name)
        allowed = {"ListObjectsV2", "HeadObject", "HeadBucket"} if expected else {"ListObjectsV2"}
        if not self.requests or set(self.requests) - allowed:
            misses.append("requests: %s" % dict(self.requests))
        return misses


def tags(server, bucket, prefix):
    pages = server.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    entries = [entry for page in pages for entry in page.get("Contents", [])]
    return {entry["Key"][len(prefix):]: entry["ETag"].strip('"') for entry in entries}


def parts(tag):
    """How many parts a tag speaks of; 0 if the object was sent whole, None if it says neither."""
    match = COMPOSITE.fullmatch(tag)
    return int(match[1]) if match else 0 if PLAIN.fullmatch(tag) else None


def to_flip(sizes, found):
    """Up to three files of each kind, with a byte at the beginning, in the middle and at the end."""
    kinds = collections.defaultdict(list)
    for name in sorted(sizes, key=sizes.get):
        if sizes[name]:
            several = (parts(found[name]) or 0) > 1
            small = sizes[name] < 8 * peers_tree.MIB
            kinds["several" if several else "small" if small else "one"].append(name)
    places = {}
    for names in kinds.values():
        chosen = dict.fromkeys([names[0], names[len(names) // 2], names[-1]])
        for number, name in enumerate(chosen):
            places[name] = (sizes[name] - 1) * number // 2
    return places


class Bench:
    """The tree and the server, for one tool after the other."""

    def __init__(self, options, server, tree, sizes, home):
        self.program = options.program
        self.server = server
        self.tree = tree
        self.sizes = sizes
        self.home = home
        self.bucket = "peers-%d" % os.getpid()
        server.client.create_bucket(Bucket=self.bucket)

    def try_tool(self, tool, program):
        """Gives the tool's line of the table, and what is wrong."""
        prefix = tool + "/tree/"
        target = "s3://%s/%s" % (self.bucket, prefix)
        started = time.monotonic()
        wrong = peers_tools.send(tool, program, self.server, self.tree, target, self.home)
        if wrong:
            return None, ["it did not send the tree: " + wrong]
        seconds = time.monotonic() - started
        found = tags(self.server, self.bucket, prefix)
        if set(found) != set(self.sizes):
            return None, ["it sent other names: %s" % sorted(set(found) ^ set(self.sizes))]
        # Whoever reads the table has to know whether it is about what it should be about.
        in_parts = peers_tools.IN_PARTS[tool]
        for name, tag in found.items():
            if parts(tag) is None or bool(parts(tag)) != in_parts(self.sizes[name]):
                print("note: %s: the ETag of %s is %s, which is not that of an object sent %s"
                      % (tool, name, tag, "in parts" if in_parts(self.sizes[name]) else "whole"))
        first = self.look(target)
        misses = first.misses(self.sizes, set())
        places = to_flip(self.sizes, found)
        with peers_tree.flipped(self.tree, places):
            second = self.look(target)
        misses += second.misses(self.sizes, set(places))
        several = sum(1 for tag in found.values() if parts(tag))
        return (
            tool, len(found), several, first.asked(), len(first.synced),
            "%d of %d" % (len(second.planned & set(places)), len(places)), second.asked(),
            "%.0f s" % seconds,
        ), misses

    def look(self, target):
        return Look(self.program, self.server, self.tree, target.rstrip("/"), self.home)

    def clear(self, prefix):
        """moto keeps everything in memory, so that one tree at a time is enough."""
        for name in tags(self.server, self.bucket, prefix):
            self.server.client.delete_object(Bucket=self.bucket, Key=prefix + name)


HEADINGS = (
    "tool", "files", "in parts", "requests", "equal", "flips found", "requests then", "sent in"
)


def main():
    options = arguments()
    server = Server()
    rows, failures = [HEADINGS], []
    with tempfile.TemporaryDirectory(prefix="peers-") as directory:
        tree, home = os.path.join(directory, "tree"), os.path.join(directory, "home")
        os.mkdir(tree)
        os.mkdir(home)
        sizes = peers_tree.make(tree, options.limit * peers_tree.MIB)
        bench = Bench(options, server, tree, sizes, home)
        for pair in options.tool:
            tool, program = pair.split("=", 1)
            try:
                row, misses = bench.try_tool(tool, program)
            except subprocess.TimeoutExpired as error:
                row, misses = None, ["s4cmd did not end within %d s" % error.timeout]
            rows.append(row or (tool,) + ("-",) * (len(HEADINGS) - 1))
            failures += ["%s: %s" % (tool, text) for text in misses]
            bench.clear(tool + "/")
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())
    for text in failures:
        print("FAILED  " + text)
    return 1 if failures or not options.tool else 0


if __name__ == "__main__":
    sys.exit(main())
