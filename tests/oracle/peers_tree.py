"""The tree that every tool sends: files with sizes around the edges of the tools' parts."""

import contextlib
import os
import pathlib
import random

MIB = 1 << 20

# Parts have 5 MiB for rclone, 8 for aws-cli, 15 for s3cmd, 50 for s5cmd and the Python s4cmd, which
# sends only files above 4500 MiB in parts; there is no room for these. See also IN_PARTS.
SIZES = {
    "empty": 0,
    "one-byte": 1,
    "5-less-1": 5 * MIB - 1,
    "5": 5 * MIB,
    "5-and-1": 5 * MIB + 1,
    "8-less-1": 8 * MIB - 1,
    "8": 8 * MIB,
    "8-and-1": 8 * MIB + 1,
    "15-less-1": 15 * MIB - 1,
    "15": 15 * MIB,
    "15-and-1": 15 * MIB + 1,
    "16-and-1": 16 * MIB + 1,
    "50-less-1": 50 * MIB - 1,
    "50": 50 * MIB,
    "50-and-1": 50 * MIB + 1,
    "100-and-1": 100 * MIB + 1,
    "200-less-1": 200 * MIB - 1,
    "200-and-1": 200 * MIB + 1,
    "300": 300 * MIB,
}


def make(root, limit):
    """Writes the files and gives the size of each. None has content that another has."""
    sizes = {name: size for name, size in SIZES.items() if size <= limit}
    for name, size in sizes.items():
        content = random.Random(name)
        with open(pathlib.Path(root, name), "wb") as file:
            for offset in range(0, size, MIB):
                file.write(content.randbytes(min(MIB, size - offset)))
    return sizes


@contextlib.contextmanager
def flipped(root, places):
    """One other byte at each of these places (name -> offset), and nothing else to be seen."""
    for name, offset in places.items():
        flip(pathlib.Path(root, name), offset)
    try:
        yield
    finally:
        for name, offset in places.items():
            flip(pathlib.Path(root, name), offset)


def flip(path, offset):
    before = path.stat()
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
