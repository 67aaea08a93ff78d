"""Times, slashes without a name between them, abbreviations, and files that are none."""

from case import Case
from compare import Differs
from world import STANDARD, Spec

AFTER = "--last-modified-after 2001-01-01"
BEFORE = "--last-modified-before 2001-01-01"
RECURSIVE = "with -r the directories stay in, and what in them has the right time is taken"
NAMED = "a directory that is named means what is in it, whether times are asked for or not"
EMPTY = "a source that may be missing may be missing here as well"
PREDICTS = "a dry run predicts: the original prints every pair and succeeds"
TREE = ["1.txt", "2.log", "b/3.txt", "b/c/4.txt"]
SLASHES = Spec(files={"d/1": "1"}, objects={"p//k": "k", "p/k2": "k2"})


def pairs(target, names=TREE):
    return ["s3://B/a/%s => %s%s" % (name, target, name) for name in names]


EDGES = [
    # Times
    Case("get s3://B/one.txt new %s" % AFTER),
    Case("get s3://B/one.txt new %s" % BEFORE),
    Case("get 's3://B/*.txt' d %s" % AFTER),
    Case("get 's3://B/a*' new %s" % AFTER),
    Case("get s3://B/a new %s" % AFTER),
    Case("get -r s3://B/a new %s" % AFTER, Differs(
        RECURSIVE, status=0, out=pairs("new/"),
        files=sorted(list(STANDARD.files) + ["new/" + name for name in TREE]),
    )),
    Case("get -r s3://B/a new %s" % BEFORE, Differs(RECURSIVE, status=0, out=[])),
    Case("cat 's3://B/a*' %s" % AFTER),
    Case("cp 's3://B/e*' s3://C/new %s" % AFTER),
    Case("cp -r s3://B/a s3://C/new %s" % AFTER, Differs(
        RECURSIVE, status=0, out=pairs("s3://C/new/"),
        objects=sorted(list(STANDARD.objects) + ["C:new/" + name for name in TREE]),
    )),
    Case("mv 's3://B/*' s3://C/new/ %s" % AFTER),
    Case("mv -r 's3://B/a/*' s3://C/new/ %s" % AFTER, Differs(
        RECURSIVE, racy=True,
        out=pairs("s3://C/new/") + ["Delete s3://B/a/" + name for name in TREE],
        objects=sorted(
            [key for key in STANDARD.objects if not key.startswith("a/")]
            + ["C:new/" + name for name in TREE]
        ),
    )),
    Case("du 's3://B/*' %s" % AFTER),
    Case("du -r s3://B/a %s" % BEFORE, Differs(RECURSIVE, status=0, out=["0\ts3://B/a/"])),
    Case("_totalsize -r s3://B %s" % AFTER, Differs(RECURSIVE, out=["19"])),
    Case("del s3://B/a %s" % AFTER, Differs(
        NAMED, out=["Delete s3://B/a/1.txt", "Delete s3://B/a/2.log"],
        objects=sorted(set(STANDARD.objects) - {"a/1.txt", "a/2.log"}),
    )),
    Case("del 's3://B/*' %s" % AFTER),
    Case("dsync s3://B/a new %s" % AFTER),
    Case("dsync s3://B/a new %s" % BEFORE, Differs(
        "a directory in which nothing has the right time is there all the same", status=0, out=[],
    )),
    Case("ls s3://B --last-modified-before 9999-12-31"),
    Case("ls s3://B --last-modified-after '10:20 2 weeks ago'"),
    # Slashes
    Case("put -r d s3://B/new//", spec=SLASHES),
    Case("put -r d s3://B/new/./x", spec=SLASHES),
    Case("put -r d s3://B/new/../x/", spec=SLASHES),
    Case("put -r d/ s3://B//new", spec=SLASHES),
    Case("put d/1 s3://B/new//", spec=SLASHES),
    Case("sync d s3://B/new//", spec=SLASHES),
    Case("cp -r s3://B/p s3://C/new", Differs(
        "a//b and a/b are two keys: the original made one of them",
        out=["s3://B/p//k => s3://C/new//k", "s3://B/p/k2 => s3://C/new/k2"],
        objects=["C:new//k", "C:new/k2", "p//k", "p/k2"],
    ), spec=SLASHES),
    Case("get -r s3://B/p new", Differs(
        "no file can have the name of a//b: it would be that of a/b", status=1,
        out=["s3://B/p/k2 => new/k2"], err=["s3://B/p//k: "], files=["d/1", "new/k2"],
    ), spec=SLASHES),
    Case("dsync s3://B/p new", Differs(
        "no file can have the name of a//b: it would be that of a/b", status=1,
        out=["s3://B/p/k2 => new/k2"], err=["s3://B/p//k: "], files=["d/1", "new/k2"],
    ), spec=SLASHES),
    # Options
    Case("ls --n 3 s3://B"),
    Case("put f.txt s3://B/new --API-A private"),
    Case("put f.txt s3://B/new --API-Ex 2030-01-01"),
    Case("get s3://B/one.txt new --API-IfMod 2001-01-01"),
    Case("ls -t -1 s3://B/a"),
    Case("ls --config -x s3://B/a"),
    Case("ls -c 0x8 s3://B/a"),
    Case("ls -= s3://B"),
    Case("ls -r=3 s3://B"),
    Case("del s3://B/one.txt", environment={"S4CMD_OPTS": "--API-MFA #x -n"}),
    # Sources that are missing, empty, or something else
    Case("put /dev/null s3://B/new"),
    Case("dsync --ignore-empty-source f.txt s3://B/new"),
    Case("dsync --ignore-empty-source missing s3://B/new", Differs(EMPTY, status=0, out=[])),
    Case("dsync -D --ignore-empty-source missing s3://B/new", Differs(EMPTY, status=0, out=[])),
    Case("sync -D --ignore-empty-source missing s3://B/new", Differs(EMPTY, status=0, out=[])),
    Case("sync -D d s3://C"),
    Case("put -n f.txt s3://no-such-bucket-of-mine/k", Differs(
        PREDICTS, status=1, out=[], err=["[Exception] f.txt: An error occurred (NoSuchBucket)"],
    )),
    Case("cp -n s3://B/one.txt s3://no-such-bucket-of-mine/k", Differs(
        PREDICTS, status=1, out=[], err=["An error occurred (NoSuchBucket) when calling the Copy"],
    )),
    Case("get -n s3://B/one.txt f.txt/x", Differs(
        PREDICTS, status=1, out=[], err=["Unable to create directory (f.txt)"],
    )),
    Case("get s3://B/one.txt f.txt/x", Differs(
        "B27: directories are made, so it is about one that cannot be", status=1,
        err=["Unable to create directory (f.txt)"],
    )),
]
