"""cp and mv, side by side: what holds for the one holds for the other."""

from case import Case
from compare import Differs
from world import COLLISION, STANDARD, Spec

OBJECTS = sorted(STANDARD.objects)
LARGE = Spec(objects={"large": "fedcba" * 1_000_000, "C:other": "c"})
PARTS = "--max-singlepart-copy-size 1000000 --multipart-split-size 5242880"
FORCE = "B18: an object that is there is replaced only with -f"
ITSELF = "B3: an object is not copied or moved onto itself"
INTO_ITSELF = "a directory is not copied or moved into itself"


def moved(pairs):
    return sorted(OBJECTS + [new for _, new in pairs])


BOTH = [
    "s3://B/one.txt s3://B/new",
    "s3://B/one.txt s3://B/new/",
    "s3://B/one.txt s3://B/new/deep/key",
    "s3://B/a/1.txt s3://C/new",
    "s3://B/a/1.txt s3://C/new/",
    "s3://B/a/1.txt s3://C/",
    "s3://B/empty s3://B/new",
    "s3://B/no s3://B/new",
    "--ignore-empty-source s3://B/no s3://B/new",
    "-f s3://B/one.txt s3://B/two.txt",
    "'s3://B/*.txt' s3://B/new/",
    "'s3://B/*.txt' s3://B/new",
    "'s3://B/one.*' s3://B/new",
    "'s3://B/*/*.txt' s3://C/new/",
    "s3://B/a s3://B/new",
    "s3://B/a/ s3://B/new/",
    "-r s3://B/a s3://B/new",
    "-r s3://B/a s3://B/new/",
    "-r s3://B/a/ s3://B/new",
    "-r s3://B/a/ s3://C/new/",
    "-r s3://B/a/b s3://C",
    "-r 's3://B/a*' s3://B/new/",
    "-r 's3://B/a*' s3://B/new",
    "-r s3://B s3://C/new/",
    "s3://B/one.txt s3://no-such-bucket-of-mine/k",
    "s3://no-such-bucket-of-mine/k s3://B/new",
    "f.txt s3://B/new",
    "s3://B/one.txt new",
    "s3://B/one.txt",
]

COPYING = [Case("%s %s" % (command, rest)) for rest in BOTH for command in ("cp", "mv")]

for command in ("cp", "mv"):
    deleted = lambda *keys: ["Delete s3://B/" + key for key in keys] if command == "mv" else []
    COPYING += [
        Case("%s s3://B/one.txt s3://B/two.txt" % command, Differs(
            FORCE, status=1, out=[], err=["File already exists: s3://B/two.txt"], objects=OBJECTS,
        )),
        Case("%s s3://B/one.txt s3://B/one.txt" % command, Differs(
            ITSELF, status=1, out=[], err=["the same object"], objects=OBJECTS, racy=True,
        )),
        Case("%s -f s3://B/one.txt s3://B/" % command, Differs(
            ITSELF, status=1, out=[], err=["the same object"], objects=OBJECTS, racy=True,
        )),
        Case("%s -f s3://B/large s3://B/large %s" % (command, PARTS), Differs(
            ITSELF, status=1, out=[], err=["the same object"], objects=["C:other", "large"],
            racy=True,
        ), spec=LARGE),
        Case("%s -r s3://B/a s3://B/a/" % command, Differs(
            INTO_ITSELF, status=1, out=[], err=["into itself"], objects=OBJECTS,
        )),
        Case("%s s3://B/one.txt s3://C" % command, Differs(
            "B26: a bucket without a slash is a directory",
            status=0, out=["s3://B/one.txt => s3://C/one.txt"] + deleted("one.txt"),
            objects=sorted(set(OBJECTS) - ({"one.txt"} if command == "mv" else set())
                           | {"C:one.txt"}),
        )),
        Case("%s s3n://B/one.txt s3n://B/new" % command, Differs(
            "the obsolete scheme is shown as s3",
            out=["s3://B/one.txt => s3://B/new"] + deleted("one.txt"),
        )),
        Case("%s -r s3://B/x s3://B/new/" % command, Differs(
            "an object is not part of the directory that has its name",
            racy=True, status=0,
            out=["s3://B/x => s3://B/new/x", "s3://B/x/6.txt => s3://B/new/x/6.txt"]
            + deleted("x", "x/6.txt"),
            objects=sorted(set(OBJECTS) - ({"x"} if command == "mv" else set())
                           | {"new/x", "new/x/6.txt"} | ({"x/6.txt"} if command == "cp" else set())),
        ), spec=COLLISION),
        Case("%s -s -f s3://B/a/1.txt s3://C/a/1.txt" % command, Differs(
            "B18: what is the same is not copied again",
            out=["s3://B/a/1.txt => s3://C/a/1.txt (synced)"] + deleted("a/1.txt"),
        )),
        Case("%s s3://B/100%% s3://B/new" % command, Differs(
            "B14: a percent sign is a character",
            status=0, out=["s3://B/100% => s3://B/new"] + deleted("100%"),
            objects=["C:other", "new"] if command == "mv" else ["100%", "C:other", "new"],
            racy=True,
        ), spec=Spec(objects={"100%": "1", "C:other": "c"})),
    ]

COPYING += [
    Case("cp -n s3://B/one.txt s3://B/new"),
    Case("mv -n s3://B/one.txt s3://B/new", Differs(
        "a dry run prints the lines of the real run: the original left out the deletion",
        out=["s3://B/one.txt => s3://B/new", "Delete s3://B/one.txt"],
    )),
    Case("cp -rn s3://B/a s3://B/new/"),
    Case("cp s3://B/large s3://B/new " + PARTS, spec=LARGE),
    Case("mv s3://B/large s3://C/new " + PARTS, spec=LARGE),
    Case("cp s3://B/one.txt s3://B/new --API-StorageClass STANDARD"),
    Case("cp s3://B/one.txt s3://B/new --API-MetadataDirective COPY"),
    Case("cp s3://B/one.txt s3://B/new --API-CopySourceIfMatch '\"other\"'", Differs(
        "the source is looked at under the user's condition", racy=True, status=1, out=[],
        err=["412"], objects=OBJECTS,
    )),
]
