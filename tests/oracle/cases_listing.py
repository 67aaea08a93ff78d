"""ls, du, _totalsize, cat, del, mb."""

from case import Case
from compare import Differs
from world import COLLISION, STANDARD, Spec

SLASHES = Spec(objects={"a//b": "1", "a/c": "22", "/lead": "333"})
NAMES = Spec(objects={"a b": "1", "a+b": "22", "a%20b": "333", "\u00e9/\u00fc": "4", "[x]": "5"})

BESIDE = "an object is not part of the directory that has its name, nor the other way round"

LISTING = [
    # ls
    Case("ls s3://B"),
    Case("ls s3://B/"),
    Case("ls s3n://B/a"),
    Case("ls s3://B/a"),
    Case("ls s3://B/a/"),
    Case("ls -d s3://B/a"),
    Case("ls -d s3://B/a/"),
    Case("ls -d s3://B"),
    Case("ls s3://B/a/b"),
    Case("ls s3://B/a/b/c"),
    Case("ls s3://B/one.txt"),
    Case("ls s3://B/one.txt/"),
    Case("ls s3://B/o"),
    Case("ls s3://B/no"),
    Case("ls s3://B/no/such/*"),
    Case("ls s3://B/x", spec=COLLISION),
    Case("ls -d s3://B/x", spec=COLLISION),
    Case("ls s3://B/x/", Differs(
        "a slash at the end means what is in the directory: the original showed the directory, "
        "because there is an object of its name",
        out=["YYYY-MM-DD HH:MM 6 s3://B/x/6.txt"],
    ), spec=COLLISION),
    Case("ls -d s3://B/x/", spec=COLLISION),
    Case("ls s3://B/empty"),
    Case("ls 's3://B/*'"),
    Case("ls 's3://B/*.txt'"),
    Case("ls 's3://B/?'"),
    Case("ls 's3://B/a*'"),
    Case("ls 's3://B/a?'"),
    Case("ls 's3://B/*/*.txt'"),
    Case("ls 's3://B/*/b'"),
    Case("ls 's3://B/*/b/*'"),
    Case("ls 's3://B/a/*/c/*'"),
    Case("ls 's3://B/*/*/*/*'"),
    Case("ls 's3://B/a/[12].txt'"),
    Case("ls 's3://B/?/[12].*'"),
    Case("ls 's3://B/?/[!1].*'"),
    Case("ls -r s3://B"),
    Case("ls --recursive s3://B/a"),
    Case("ls --rec s3://B/a/"),
    Case("ls -r s3://B/x", spec=COLLISION),
    Case("ls -r s3://B/one.txt"),
    Case("ls -r s3://B/o"),
    Case("ls -r 's3://B/a*'"),
    Case(
        "ls -r 's3://B/*/b'",
        Differs(
            "B2: with -r the original takes what matches only the beginning of a pattern",
            out=[
                "YYYY-MM-DD HH:MM 3 s3://B/a/b/3.txt",
                "YYYY-MM-DD HH:MM 4 s3://B/a/b/c/4.txt",
            ],
        ),
    ),
    Case("ls -rd s3://B/a"),
    Case("ls s3://B", spec=SLASHES),
    Case("ls s3://B/a", spec=SLASHES),
    Case("ls s3://B/a//", Differs(
        "an empty component is a component: the original listed the directory above",
        out=["YYYY-MM-DD HH:MM 1 s3://B/a//b"],
    ), spec=SLASHES),
    Case("ls s3://B//", spec=SLASHES),
    Case("ls -r s3://B", spec=SLASHES),
    Case("ls s3://B", spec=NAMES),
    Case("ls -r s3://B", spec=NAMES),
    Case("ls 's3://B/a b'", spec=NAMES),
    Case("ls 's3://B/[x]'", Differs(
        "brackets before the first star or question mark are letters: the original found nothing",
        out=["YYYY-MM-DD HH:MM 1 s3://B/[x]"],
    ), spec=NAMES),
    Case("ls s3://B", spec=Spec()),
    Case("ls --last-modified-after=2001-01-01 s3://B"),
    Case("ls --last-modified-after '1 hour ago' -r s3://B/a"),
    Case("ls --last-modified-before '2 weeks ago' -r s3://B"),
    Case("ls --last-modified-before 2101/1/1 's3://B/*.txt'"),
    Case(
        "ls --last-modified-after 2001-01-01 s3://B/a",
        Differs(
            "a directory that is named is looked into, also where times are asked for: the "
            "original showed nothing",
            out=["YYYY-MM-DD HH:MM 1 s3://B/a/1.txt", "YYYY-MM-DD HH:MM 2 s3://B/a/2.log"],
        ),
    ),
    Case("ls --API-RequestPayer requester s3://B/a"),
    # du and _totalsize
    Case("du s3://B"),
    Case("du -r s3://B"),
    Case("du s3://B/a"),
    Case("du s3://B/a/"),
    Case("du -r s3://B/a"),
    Case("du s3://B/x", Differs(
        BESIDE, out=["6\ts3://B/x/", "1\ts3://B/x"],
    ), spec=COLLISION),
    Case("_totalsize -r s3://B/x", Differs(BESIDE, out=["7"]), spec=COLLISION),
    Case("du s3://B/one.txt"),
    Case("du s3://B/no"),
    Case("du --ignore-empty-source s3://B/no"),
    Case("du 's3://B/*.txt'"),
    Case("du -r 's3://B/a*'"),
    Case("du 's3://B/*/*'"),
    Case("du s3://B/one.txt s3://C/other.txt"),
    Case("du s3://B/no s3://B/one.txt"),
    Case("du -r s3://B/a s3://C"),
    Case("_totalsize s3://B"),
    Case("_totalsize -r s3://B"),
    Case("_totalsize -r s3://B/a s3://C/a"),
    Case("_totalsize 's3://B/*.txt'"),
    Case("_totalsize s3://B/no"),
    Case("_totalsize --ignore-empty-source s3://B/no"),
    Case(
        "du",
        Differs(
            "B26: without a path the original says that the source does not exist",
            err=["Invalid number of parameters"],
        ),
    ),
    # cat
    Case(
        "cat s3://B/one.txt",
        Differs("B16: the original prints b'...' and a line end", out=["1"]),
    ),
    Case(
        "cat 's3://B/*.txt'",
        Differs("B16: the original prints b'...' and line ends", out=["122"]),
    ),
    Case("cat s3://B/no"),
    Case("cat --ignore-empty-source s3://B/no"),
    # del
    Case("del s3://B/one.txt"),
    Case("del s3n://B/one.txt"),
    Case("del s3://B/a"),
    Case("del s3://B/a/"),
    Case("del -d s3://B/a"),
    Case("del -r s3://B/a"),
    Case("del -r s3://B/a/b/"),
    Case("del s3://B/x", spec=COLLISION),
    Case("del -r s3://B/x", spec=COLLISION),
    Case("del s3://B/o"),
    Case("del s3://B/no"),
    Case("del -r s3://B/no"),
    Case("del s3://B"),
    Case("del -r s3://B"),
    Case("del 's3://B/*.txt'"),
    Case("del 's3://B/*/*.txt'"),
    Case("del -r 's3://B/a*'"),
    Case("del -r --batch-delete-size 2 s3://B"),
    Case("del -r --batch-delete-size=1 s3://B/a"),
    Case("del --dry-run s3://B/one.txt"),
    Case("del --last-modified-before 2001-01-01 -r s3://B"),
    Case("del -r --last-modified-after 2001-01-01 s3://B/a"),
    Case(
        "del -n -r s3://B/a",
        Differs(
            "B1: a dry run of two or more keys deletes them",
            objects=sorted(STANDARD.objects),
        ),
    ),
    Case(
        "del -r 's3://B/*/b'",
        Differs(
            "B2: a recursive pattern also deletes what is above its depth",
            out=["Delete s3://B/a/b/3.txt", "Delete s3://B/a/b/c/4.txt"],
            objects=sorted(set(STANDARD.objects) - {"a/b/3.txt", "a/b/c/4.txt"}),
        ),
    ),
    # mb
    Case("mb s3://B-new-bucket"),
    Case("mb s3://B-new-bucket/with/a/key", Differs(
        "the key of the operand means nothing, and is not shown",
        out=["Creating s3://B-new-bucket", "Done."],
    )),
    Case("mb -n s3://B-new-bucket", Differs(
        "a dry run prints the lines of the real run: the original left out Done.",
        out=["Creating s3://B-new-bucket", "Done."],
    )),
]
