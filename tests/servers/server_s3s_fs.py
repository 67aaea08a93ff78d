"""s3s-fs: the lean one, for measuring (Rust; takes a fraction of the others' processor time).

Used for: the peers table where SeaweedFS itself is what limits the rates. It really checks
signatures, payload hashes and SHA-256.

Not to be trusted for: anything else. Lists have no ETags, Content-MD5 that is wrong is told but the
bytes stay, `a` and `a/b` cannot both be there, If-Match is ignored.

Built from source, which takes a minute or ten.
"""

import shutil
import subprocess
import sys

import harness

VERSION = "0.14.1"


def _root():
    return harness.CACHE / ("s3s-fs-" + VERSION)


def install(processes):
    program = _root() / "bin" / "s3s-fs"
    if program.exists():
        return
    if not shutil.which("cargo"):
        raise harness.Failure("it is built from source, and there is no cargo")
    harness.say("building s3s-fs " + VERSION)
    build = ["cargo", "install", "--quiet", "--locked", "--root", _root(), "--features", "binary",
             "s3s-fs@" + VERSION]
    if processes.run(build, stdin=subprocess.DEVNULL, stdout=sys.stderr):
        raise harness.Failure("could not build: %s failed" % " ".join(map(str, build)))


def start(run):
    run.serve("s3s-fs", [
        _root() / "bin" / "s3s-fs", "--host", "127.0.0.1", "--port", run.port,
        "--access-key", harness.ACCESS_KEY, "--secret-key", harness.SECRET_KEY,
        "--domain", "localhost:%d" % run.port, run.data,
    ])
    return run.variables()
