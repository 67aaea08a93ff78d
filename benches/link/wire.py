"""A slow and lossy wire between this network namespace and another one.

    wire.py NAMESPACE MILLISECONDS LOSS READY

Makes a TUN device on both sides, 10.99.0.1 here and 10.99.0.2 there, and carries packets between
them: each arrives so many milliseconds later, or, with the given probability, not at all. Writes
the file READY once packets pass, and ends when it is told to.
"""

import collections
import ctypes
import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
# Of packets under way in one direction: more than any number of connections has. What comes on top
# is lost, as in a router.
QUEUE = 20000


def device(name, address):
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    for line in ["address add %s/24 dev %s" % (address, name),
                 "link set %s up mtu 1500 txqueuelen 10000" % name]:
        subprocess.run(["ip"] + line.split(), check=True)
    return file


def enter(path):
    with open(path) as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "cannot enter %s" % path)


def carry(here, there, delay, loss):
    """Reads all that there is, then writes all that is due."""
    other = {here: there, there: here}
    under_way = {here: collections.deque(), there: collections.deque()}
    chance = random.Random(1).random
    poll = select.poll()
    for file in other:
        poll.register(file, select.POLLIN)
    while True:
        first = min((queue[0][0] for queue in under_way.values() if queue), default=None)
        wait = None if first is None else max(0, (first - time.monotonic()) * 1000)
        for file, _ in poll.poll(wait):
            queue, due = under_way[other[file]], time.monotonic() + delay
            for _ in range(256):
                try:
                    packet = os.read(file, 2048)
                except BlockingIOError:
                    break
                if chance() >= loss and len(queue) < QUEUE:
                    queue.append((due, packet))
        now = time.monotonic()
        for file, queue in under_way.items():
            while queue and queue[0][0] <= now:
                try:
                    os.write(file, queue.popleft()[1])
                except (BlockingIOError, OSError):
                    pass


def main():
    namespace, milliseconds, loss, ready = sys.argv[1:]
    mine = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter("/run/netns/" + namespace)
    # The descriptor goes on to mean the device in that namespace.
    there = device("wire1", "10.99.0.2")
    enter("/proc/self/fd/%d" % mine)
    here = device("wire0", "10.99.0.1")
    open(ready, "w").close()
    carry(here, there, float(milliseconds) / 1000, float(loss))


main()
