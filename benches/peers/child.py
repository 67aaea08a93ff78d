"""Run a command and write what it took: wall seconds, processor seconds, peak KiB, exit status.

    python3 -I -S child.py REPORT SECONDS COMMAND...

A process of its own, and one that imports next to nothing: the kernel counts the memory that the
parent had when it forked as the child's, so this program's 9 MiB are the least that can be seen.
"""

import os
import signal
import sys
import time


def main():
    report, seconds, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    start = time.monotonic()
    child = os.posix_spawn(
        command[0], command, os.environ,
        setpgroup=0, setsigdef=[signal.SIGPIPE])
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(child, signal.SIGKILL))
    signal.alarm(seconds)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - start
    with open(report, "w") as file:
        file.write("%.6f %.6f %d %d" % (
            wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss,
            os.waitstatus_to_exitcode(status)))


main()
