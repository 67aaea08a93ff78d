"""The two programs as child processes, and what came of a run."""

import os
import re
import shlex
import subprocess
import sys

ORIGINAL = os.path.join(os.path.dirname(sys.executable), "s4cmd")
SECONDS = 60


class Result:
    """What a run showed and left, with the names of its own world made neutral."""

    def __init__(self, status, out, err, files, objects):
        self.status = status
        self.out = out
        self.err = err
        self.files = files
        self.objects = objects

    def describe(self):
        lines = ["  status %s" % self.status]
        lines += ["  out | " + line for line in self.out]
        lines += ["  err | " + line for line in self.err[:8]]
        return "\n".join(lines)


def run(program, world, line, environment):
    """Runs a command line in a world. s3://B and s3://C in it are the world's buckets."""
    text = line
    for letter, bucket in world.buckets.items():
        text = re.sub(r"(s3n?://)%s(?=[-/'\"\s]|$)" % letter, r"\g<1>" + bucket, text)
    variables = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(world.root / "home"),
        "LANG": "C.UTF-8",
        "S3_ACCESS_KEY": world.server.access_key,
        "S3_SECRET_KEY": world.server.secret_key,
        "AWS_DEFAULT_REGION": world.server.region,
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        "S4CMD_NUM_THREADS": "4",
        **environment,
    }
    # In front, so that "--" in the line stays what it is.
    options = ["--endpoint-url", world.server.endpoint, "--retry-delay", "0"]
    done = subprocess.run(
        [program] + options + shlex.split(text),
        cwd=world.work,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
    )
    return Result(
        done.returncode,
        neutral(done.stdout, world),
        neutral(done.stderr, world),
        world.local_tree(),
        world.object_tree(),
    )


def neutral(raw, world):
    text = raw.decode("utf-8", "backslashreplace")
    for letter, bucket in world.buckets.items():
        text = text.replace(bucket, letter * len(bucket))
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "YYYY-MM-DD HH:MM", text)
    text = re.sub(r"-[0-9a-z]{15}\.tmp", "-RANDOM.tmp", text)
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def short(lines):
    """Lines with the buckets' long stand-ins cut to one letter."""
    return [re.sub(r"B{6,}", "B", re.sub(r"C{6,}", "C", line)) for line in lines]
