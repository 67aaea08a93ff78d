"""put and get."""

from case import Case
from compare import Differs
from world import COLLISION, STANDARD, Spec

FILES = sorted(STANDARD.files)
OBJECTS = sorted(STANDARD.objects)
LARGE = Spec(files={"large": "0123456789abcdef" * 400_000}, objects={"large": "fedcba" * 1_000_000})
PARTS = "--max-singlepart-upload-size 1000000 --multipart-split-size 5242880"
RANGES = "--max-singlepart-download-size 1000 --multipart-split-size 1000000"
SCHEME = "the obsolete scheme is shown as s3"
GOES_ON = "the original stops at the first failure: the rest goes on, and each failure is told"
PREDICTS = "a dry run predicts: the original prints every pair and succeeds"

TRANSFER = [
    # put: one file
    Case("put f.txt s3://B/new"),
    Case("put f.txt s3n://B/new", Differs(SCHEME, out=["f.txt => s3://B/new"])),
    Case("put f.txt s3://B/new/"),
    Case("put f.txt s3://B/"),
    Case("put ./f.txt s3://B/new/"),
    Case("put d/1.txt s3://B/new/deep/key"),
    Case("put f.txt s3://B/one.txt"),
    Case("put -f f.txt s3://B/one.txt"),
    Case("put -s same/1.txt s3://B/a/1.txt"),
    Case("put -s same/2.log s3://B/a/2.log"),
    Case("put -sf same/2.log s3://B/a/2.log"),
    Case("put -s same/1.txt s3://B/new"),
    Case("put -n f.txt s3://B/new"),
    Case("put -n f.txt s3://B/one.txt", Differs(
        PREDICTS, status=1, out=[], err=["File already exists: s3://B/one.txt"],
    )),
    Case("put f.txt s3://B", Differs(
        "B26: a bucket without a slash is a directory",
        status=0, out=["f.txt => s3://B/f.txt"], err=[], objects=sorted(OBJECTS + ["f.txt"]),
    )),
    Case("put missing s3://B/new"),
    Case("put missing s3://B/new/"),
    Case("put --ignore-empty-source missing s3://B/new", Differs(
        "a source that may be missing may be missing here as well", status=0, err=[],
    )),
    Case("put f.txt s3://no-such-bucket-of-mine/k"),
    # put: several
    Case("put f.txt g.txt s3://B/new/"),
    Case("put f.txt g.txt s3://B/new"),
    Case("put f.txt g.txt s3://B/"),
    Case("put f.txt d s3://B/new/"),
    Case("put -r f.txt d s3://B/new/"),
    Case("put f.txt missing g.txt s3://B/new/", Differs(
        GOES_ON, racy=True, status=1, out=["f.txt => s3://B/new/f.txt", "g.txt => s3://B/new/g.txt"],
        objects=sorted(OBJECTS + ["new/f.txt", "new/g.txt"]),
    )),
    # put: directories
    Case("put d s3://B/new"),
    Case("put d s3://B/new/"),
    Case("put d/ s3://B/new"),
    Case("put -r d s3://B/new"),
    Case("put -r d s3://B/new/"),
    Case("put -r d/ s3://B/new"),
    Case("put -r d/ s3://B/new/"),
    Case("put -r ./d s3://B/new/"),
    Case("put -r d s3://B"),
    Case("put -r d s3://B/"),
    Case("put -r . s3://B/new"),
    Case("put -r . s3://B/new/"),
    Case("put -r empty s3://B/new"),
    Case("put -r d same s3://B/new/"),
    Case("put -rn d s3://B/new/"),
    Case("put -rf d s3://B/a"),
    Case("put -r same s3://B/a", Differs(
        GOES_ON, racy=True, status=1, out=[],
        err=["File already exists: s3://B/a/1.txt", "File already exists: s3://B/a/2.log"],
    )),
    Case("put -r -s -f same s3://B/a"),
    Case("put -r linked s3://B/new", spec=STANDARD.also(
        links={"linked/to-file": "../f.txt", "linked/to-directory": "../d"},
    )),
    Case("put -r linked s3://B/new", Differs(
        "B20: what is no file is told, and the rest goes on",
        racy=True, status=1, out=["linked/a => s3://B/new/a"], err=["linked/broken"],
        objects=sorted(OBJECTS + ["new/a"]),
    ), spec=STANDARD.also(files={"linked/a": "a"}, links={"linked/broken": "nowhere"})),
    Case("put large s3://B/new " + PARTS, spec=LARGE),
    Case("put -f large s3://B/large " + PARTS, spec=LARGE),
    Case("put -s large s3://B/new/ " + PARTS, spec=LARGE),
    Case("put f.txt s3://B/new --API-ContentType text/x --API-StorageClass STANDARD"),
    Case("put f.txt s3://B/new --API-ACL private"),
    Case("put f.txt s3://B/new --API-Metadata '{\"own\": \"1\"}'", Differs(
        "B17: metadata is merged; the original fails",
        status=0, out=["f.txt => s3://B/new"], objects=sorted(OBJECTS + ["new"]),
    )),
    # get: one object
    Case("get s3://B/one.txt"),
    Case("get s3n://B/one.txt"),
    Case("get s3://B/one.txt ."),
    Case("get s3://B/one.txt new"),
    Case("get s3://B/one.txt d"),
    Case("get s3://B/one.txt d/"),
    Case("get s3://B/a/1.txt d/e"),
    Case("get s3://B/one.txt out"),
    Case("get -f s3://B/one.txt out"),
    Case("get s3://B/one.txt f.txt"),
    Case("get -f s3://B/one.txt f.txt"),
    Case("get -s s3://B/a/1.txt same"),
    Case("get -s s3://B/a/2.log same"),
    Case("get -s -f s3://B/a/2.log same"),
    Case("get -n s3://B/one.txt new"),
    Case("get -n s3://B/one.txt out", Differs(
        PREDICTS, status=1, out=[], err=["File already exists: out/one.txt"],
    )),
    Case("get s3://B/empty new"),
    Case("get s3://B/no"),
    Case("get --ignore-empty-source s3://B/no"),
    Case("get s3://B/one.txt no/such/new", Differs(
        "B27: missing directories are made",
        status=0, out=["s3://B/one.txt => no/such/new"], err=[],
        files=sorted(FILES + ["no/such/new"]),
    )),
    Case("get s3://no-such-bucket-of-mine/k"),
    # get: several, and directories
    Case("get 's3://B/*.txt'"),
    Case("get 's3://B/*.txt' d"),
    Case("get 's3://B/*.txt' new"),
    Case("get 's3://B/one.*' new"),
    Case("get 's3://B/*/*.txt' d/e"),
    Case("get s3://B/a"),
    Case("get s3://B/a new"),
    Case("get -r s3://B/a"),
    Case("get -r s3://B/a d"),
    Case("get -r s3://B/a/ d/"),
    Case("get -r s3://B/a new"),
    Case("get -r s3://B/a/ new/deep"),
    Case("get -r s3://B/a/b new"),
    Case("get -r 's3://B/a*' d"),
    Case("get -r 's3://B/a*' new"),
    Case("get -r s3://B new"),
    Case("get -r s3://B/a -n new"),
    Case("get -rf s3://B/a same"),
    Case("get -rs -f s3://B/a same"),
    Case("get s3://B/x new", spec=COLLISION),
    Case("get -r s3://B/x new", spec=COLLISION),
    Case("get s3://B/x d", spec=COLLISION),
    Case("get s3://B/other-tool new", Differs(
        "a file without noted permissions has those of a new file: the original made it a program",
        files=sorted(FILES + ["new"]), loose=["files"],
    ), spec=STANDARD.also(objects={"other-tool": "o"})),
    Case("get s3://B/large new " + RANGES, spec=LARGE),
    Case("get -f s3://B/large large " + RANGES, spec=LARGE),
    Case("get s3://B/one.txt new --last-modified-after 2001-01-01"),
    Case("get s3://B/one.txt new --last-modified-before 2001-01-01"),
    Case("get s3://B/one.txt new --API-IfNoneMatch '\"other\"'"),
    Case("get -r s3://B/a new", Differs(
        "B15: the marker of a folder makes a directory",
        racy=True, status=0, err=[],
        out=["s3://B/a/1.txt => new/1.txt"], files=sorted(FILES + ["new/1.txt"]),
    ), spec=Spec(files=STANDARD.files, objects={"a/": "", "a/1.txt": "1"})),
]
