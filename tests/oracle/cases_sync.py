"""dsync and sync, in all directions, with and without -D."""

from case import Case
from compare import Differs
from world import STANDARD, Spec

OBJECTS = sorted(STANDARD.objects)
FILES = sorted(STANDARD.files)
TWO = STANDARD.also(
    files={"new/1.txt": "1", "new/extra": "e", "new/sub/extra": "e"},
    objects={"p/1.txt": "one", "p/extra": "e", "p/sub/extra": "e", "C:p/x": "x"},
)
ACROSS = "B18: what is the same is not copied again"
ALWAYS = "B4: the names that were given are looked for"

SYNC = [
    # dsync up
    Case("dsync d s3://B/new"),
    Case("dsync d/ s3://B/new/"),
    Case("dsync d s3://B/new/"),
    Case("dsync d s3://B"),
    Case("dsync d s3://B/"),
    Case("dsync same s3://B/a"),
    Case("dsync ./same s3://B/a/"),
    Case("dsync -n d s3://B/new"),
    Case("dsync empty s3://B/new"),
    Case("dsync f.txt s3://B/new"),
    Case("dsync missing s3://B/new"),
    Case("dsync d f.txt"),
    Case("dsync d s3://B/p", spec=TWO),
    Case("dsync -D d s3://B/p", spec=TWO),
    Case("dsync --delete-removed d/ s3://B/p/", spec=TWO),
    Case("dsync -D --batch-delete-size 1 d s3://B/p", spec=TWO),
    Case("dsync -n -D d s3://B/p", Differs(
        "B1: a dry run deletes nothing, and says what is synced already",
        out=[
            "d/1.txt => s3://B/p/1.txt (synced)",
            "d/2.log => s3://B/p/2.log",
            "d/e/3.txt => s3://B/p/e/3.txt",
            "Delete s3://B/p/extra",
            "Delete s3://B/p/sub/extra",
        ],
        objects=sorted(TWO.objects),
    ), spec=TWO),
    Case("dsync -D empty s3://B/p", spec=TWO),
    Case("dsync -D d s3://B/p --last-modified-before 2001-01-01", spec=TWO),
    # dsync down
    Case("dsync s3://B/a new"),
    Case("dsync s3://B/a/ new/"),
    Case("dsync s3://B/a same"),
    Case("dsync s3://B/a ./same/"),
    Case("dsync s3://C new"),
    Case("dsync -n s3://B/a new"),
    Case("dsync s3://B/no new"),
    Case("dsync s3://B/one.txt new"),
    Case("dsync s3://B/p new", spec=TWO),
    Case("dsync -D s3://B/p new", spec=TWO.also(files={"new/mine": "m", "new/z/z": "z"})),
    Case("dsync -D s3://B/a new", spec=TWO),
    Case("dsync -n -D s3://B/a new", Differs(
        "B1: a dry run deletes nothing, and says what is synced already",
        out=[
            "s3://B/a/1.txt => new/1.txt (synced)",
            "s3://B/a/2.log => new/2.log",
            "s3://B/a/b/3.txt => new/b/3.txt",
            "s3://B/a/b/c/4.txt => new/b/c/4.txt",
            "Delete new/extra",
            "Delete new/sub/extra",
        ],
        files=sorted(TWO.files),
    ), spec=TWO),
    Case("dsync -D s3://B/p new --last-modified-before 2001-01-01", Differs(
        "B5: what is left out by its time is not absent, and that nothing is deleted is told",
        status=1, out=[], err=["because everything in the source was left out"],
        files=sorted(TWO.files), racy=True,
    ), spec=TWO),
    # dsync across
    Case("dsync s3://B/a s3://B/new"),
    Case("dsync s3://B/a/ s3://C/new/"),
    Case("dsync s3://B/a s3://C"),
    Case("dsync -n s3://B/a s3://B/new"),
    Case("dsync s3://B/no s3://B/new"),
    Case("dsync s3://B/a s3://C/a", Differs(
        ACROSS,
        out=[
            "s3://B/a/1.txt => s3://C/a/1.txt (synced)",
            "s3://B/a/2.log => s3://C/a/2.log",
            "s3://B/a/b/3.txt => s3://C/a/b/3.txt",
            "s3://B/a/b/c/4.txt => s3://C/a/b/c/4.txt",
        ],
    )),
    Case("dsync -D s3://B/a s3://B/p", spec=TWO),
    Case("dsync -D s3://B/a s3://C/p", spec=TWO),
    Case("dsync -D s3://B/a s3://B/a/b", Differs(
        "places that overlap are refused: what is deleted or replaced would be a source",
        status=1, out=[], err=["overlap"], objects=OBJECTS,
    )),
    # sync
    Case("sync d s3://B/new"),
    Case("sync d s3://B/new/"),
    Case("sync d/ s3://B/new/"),
    Case("sync same s3://B/a"),
    Case("sync d s3://B"),
    Case("sync f.txt s3://B/new"),
    Case("sync -n d s3://B/new"),
    Case("sync -D d s3://B/p", spec=TWO),
    Case("sync -D d/ s3://B/p", spec=TWO),
    Case("sync -D d s3://B/p/", Differs(
        ALWAYS,
        out=[
            "d/1.txt => s3://B/p/d/1.txt",
            "d/2.log => s3://B/p/d/2.log",
            "d/e/3.txt => s3://B/p/d/e/3.txt",
            "Deleting files found in d and not in s3://B/p/",
        ],
        objects=sorted(list(TWO.objects) + ["p/d/1.txt", "p/d/2.log", "p/d/e/3.txt"]),
    ), spec=TWO),
    Case("sync s3://B/a new"),
    Case("sync s3://B/a d"),
    Case("sync s3://B/a same"),
    Case("sync -D s3://B/a new", spec=TWO),
    Case("sync s3://B/one.txt new"),
    Case("sync 's3://B/a*' d"),
    Case("sync s3://B/no new"),
    Case("sync s3://B/a s3://B/new"),
    Case("sync s3://B/a/ s3://C/new/"),
    Case("sync s3://B/a s3://C/", Differs(
        ACROSS,
        out=[
            "s3://B/a/1.txt => s3://C/a/1.txt (synced)",
            "s3://B/a/2.log => s3://C/a/2.log",
            "s3://B/a/b/3.txt => s3://C/a/b/3.txt",
            "s3://B/a/b/c/4.txt => s3://C/a/b/c/4.txt",
        ],
    )),
    Case("sync d f.txt"),
]
