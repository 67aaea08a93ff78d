"""Runs the cases; see `run`."""

import argparse
import concurrent.futures
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import classes
import generator
import programs
from cases import CASES
from compare import unexplained
from world import Server, World

COUNTER = itertools.count()


def arguments():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--program", type=os.path.abspath, default=str(root / "target" / "debug" / "s4cmd")
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--random", type=int, default=100)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


def one(server, program, case):
    """Runs a case with one program in a world of its own."""
    number = next(COUNTER)
    # Names of the same length, so that columns have the same width.
    stem = "oracle-%05d-%06d" % (os.getpid() % 100000, number)
    directory = tempfile.mkdtemp(prefix="oracle-")
    world = World(server, case.spec, os.path.join(directory, "w"), {"B": stem + "b", "C": stem + "c"})
    try:
        return programs.run(program, world, case.line, case.environment)
    finally:
        world.remove()
        shutil.rmtree(directory)


def check(server, program, case):
    """Gives the two results and what is wrong, or None and the failure to run at all."""
    try:
        original = one(server, programs.ORIGINAL, case)
        ours = one(server, program, case)
    except (subprocess.TimeoutExpired, OSError) as error:
        return None, None, ["it did not run: %s" % error]
    return original, ours, unexplained(case.line, original, ours, case.differs_of(original, ours))


def report(case, original, ours, wrong):
    print("\nFAILED  s4cmd " + case.line)
    for text in wrong:
        print("  " + text)
    print(case.spec.describe())
    for name, result in (("the original", original), ("this program", ours)):
        if result is not None:
            print(" %s:\n%s" % (name, result.describe()))
    sys.stdout.flush()


def main():
    options = arguments()
    os.umask(0o022)
    server = Server()
    cases = CASES + generator.cases(options.seed, options.random)
    cases = [case for case in cases if options.only in case.line]
    started, failed, reasons = time.monotonic(), 0, set()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda case: (case, check(server, options.program, case)), cases)
        for case, (original, ours, wrong) in results:
            differs = original and case.differs_of(original, ours)
            if differs:
                reasons.add(differs.reason)
            if wrong:
                failed += 1
                report(case, original, ours, wrong)
            elif options.verbose:
                print("%-9s s4cmd %s" % ("differs" if differs else "same", case.line))
    # A class that explains nothing any more, or that no case reaches, must not stay.
    stale = classes.REASONS - reasons
    if stale and not options.only:
        failed += 1
        print("\nFAILED  classes without a case: " + "; ".join(sorted(stale)))
    print("%d command lines (seed %d), %d deliberate differences, %d unexplained, %d s" % (
        len(cases), options.seed, len(reasons), failed, time.monotonic() - started))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
