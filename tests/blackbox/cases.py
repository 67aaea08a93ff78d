"""The cases: a command, what goes wrong, and whether it must work all the same."""

import os
import signal

from server import Fault

KIB = 1024
PART = 5 * KIB * KIB
SMALL = os.urandom(100 * KIB)
OLD = os.urandom(50 * KIB)
BIG = os.urandom(3 * PART + 1000)
OTHER = os.urandom(len(BIG))
FOREVER = 10**9

# Until an end is a hang: of what passes, and of what never does.
SOON, LATE = 60, 120


class Case:
    """`prepare(world)` makes the world; `right(world)` says whether the work is done, and
    `intact(world)` whether what was there before is, or a whole new version."""

    def __init__(self, group, name, work, faults=(), must=False, cap=None, **more):
        self.group, self.name, self.work = group, name, work
        self.faults, self.must = list(faults), must
        lasting = any(fault.times == FOREVER for fault in self.faults)
        self.cap = cap or (LATE if lasting else SOON)
        self.signals = more.get("signals", ())
        self.during = more.get("during")
        self.orphan = more.get("orphan", False)

    def __str__(self):
        return "%s %s" % (self.group, self.name)


class Work:
    """A command line, and what it is to come to."""

    def __init__(self, line, prepare, right, intact):
        self.line, self.prepare, self.right, self.intact = line, prepare, right, intact


def prepare_get(body):
    def prepare(world):
        world.server.put("key", body)
        world.write("out", OLD)

    return prepare


def get(line, body):
    return Work(
        line,
        prepare_get(body),
        lambda world: world.read("out") == world.body("key"),
        lambda world: world.read("out") in (OLD, body, world.body("key")),
    )


def put(line, body):
    def prepare(world):
        world.server.put("key", OLD)
        world.write("in", body)

    return Work(
        line,
        prepare,
        lambda world: world.body("key") == world.read("in"),
        lambda world: world.body("key") in (OLD, body, world.read("in")),
    )


def copy(line, body, moves):
    def prepare(world):
        world.server.put("key", body)
        world.server.put("to", OLD)

    def right(world):
        last = world.server.versions["key"][-1]
        kept = None if moves else last
        return world.body("to") == last and world.body("key") == kept

    def intact(world):
        # One whole version at the target, and the last one of the source somewhere.
        versions = world.server.versions["key"]
        whole = world.body("to") in [OLD, *versions]
        there = versions[-1] in (world.body("key"), world.body("to"))
        return whole and (there or "key" in world.server.gone)

    return Work(line, prepare, right, intact)


TREE = {"d/%02d" % n: b"%d" % n * 50 for n in range(8)}


def prepare_tree(world):
    for key, body in TREE.items():
        world.server.put(key, body)


def listed(world):
    return all("s3://bucket/" + key in world.out for key in TREE)


LS = Work("ls -r s3://bucket/d", prepare_tree, listed, lambda world: world.bodies() == TREE)

RM = Work(
    "del -r s3://bucket/d",
    prepare_tree,
    lambda world: not world.server.objects,
    lambda world: set(world.bodies()) <= set(TREE),
)


def prepare_sync(world):
    prepare_tree(world)
    for key in TREE:
        world.write("local/" + key[2:], TREE[key])
    world.write("local/extra", b"only here")
    world.server.put("d/new", b"only there")


def synced(world):
    want = {key[2:]: body for key, body in {**TREE, "d/new": b"only there"}.items()}
    return world.tree("local") == want


def sync_intact(world):
    """What the source has must be there; what it has not may only go if all was read."""
    tree = world.tree("local")
    return all(tree.get(key[2:]) == body for key, body in TREE.items())


SYNC = Work("dsync -D s3://bucket/d local", prepare_sync, synced, sync_intact)
GET_TREE = Work(
    "get -r s3://bucket/d .",
    prepare_tree,
    lambda world: world.tree("d") == {key[2:]: body for key, body in TREE.items()},
    lambda world: True,
)

RANGED = " --max-singlepart-download-size 1 --multipart-split-size %d" % PART
PARTS = " --max-singlepart-upload-size 1 --multipart-split-size %d" % PART
COPIED = " --max-singlepart-copy-size 1 --multipart-split-size %d" % PART
GET = get("get -f s3://bucket/key out", SMALL)
GET_BIG = get("get -f -c 2 s3://bucket/key out" + RANGED, BIG)
PUT = put("put -f in s3://bucket/key", SMALL)
PUT_BIG = put("put -f -c 2 in s3://bucket/key" + PARTS, BIG)
CP = copy("cp -f s3://bucket/key s3://bucket/to", SMALL, False)
CP_BIG = copy("cp -f -c 2 s3://bucket/key s3://bucket/to" + COPIED, BIG, False)
MV = copy("mv -f s3://bucket/key s3://bucket/to", SMALL, True)
MV_BIG = copy("mv -f -c 2 s3://bucket/key s3://bucket/to" + COPIED, BIG, True)

ONCE = ["500", "503_html", "429", "timeout400", "skew", "reset_before", "fin_before", "garbage",
        "reset_on_headers", "early_503"]


def all_cases():
    yield from transfers()
    yield from documents()
    yield from lasting()
    yield from races()
    yield from listings()
    yield from deletions()
    yield from hostile()
    yield from signals()


def one(group, work, operation, kind, must=True, first=1, times=1, **more):
    name = "%s %s" % (operation, kind)
    if times == 2:
        name += " x2"
    if times == FOREVER:
        name += " for ever"
    if first > 1:
        name += " (%d)" % first
    keep = {k: more.pop(k) for k in ("cap", "orphan") if k in more}
    fault = Fault(operation, kind, first, times, **more)
    return Case(group, name, work, [fault], must, **keep)


def transfers():
    rows = [
        ("get", GET, "GetObject"),
        ("get", GET_BIG, "GetObject"),
        ("put", PUT, "PutObject"),
        ("put", PUT_BIG, "UploadPart"),
        ("put", PUT_BIG, "Complete"),
        ("cp", CP, "CopyObject"),
        ("cp", CP_BIG, "UploadPartCopy"),
        ("ls", LS, "List"),
        ("rm", RM, "DeleteObjects"),
    ]
    for group, work, operation in rows:
        big = " big" if work in (GET_BIG, PUT_BIG, CP_BIG) else ""
        for kind in ONCE:
            yield one(group + big, work, operation, kind)
        yield one(group + big, work, operation, "503", times=2)
    for work, big in ((GET, ""), (GET_BIG, " big")):
        for kind in ("reset_mid", "short_body", "stall_headers", "stall_body"):
            yield one("get" + big, work, "GetObject", kind)
        yield one("get" + big, work, "GetObject", "corrupt_body", must=True)
        for kind in ("ignore_range", "shift_range") if big else ():
            yield one("get" + big, work, "GetObject", kind, must=False)
    for kind in ("reset_mid", "short_body", "stall_headers", "stall_body"):
        yield one("ls", LS, "List", kind)
    for work, operation, big in ((PUT, "PutObject", ""), (PUT_BIG, "UploadPart", " big")):
        yield one("put" + big, work, operation, "lost_reply")
        yield one("put" + big, work, operation, "corrupt_store")
        yield one("put" + big, work, operation, "wrong_etag", must=not big)
        yield one("put" + big, work, operation, "no_etag", must=not big)
    yield one("put big", PUT_BIG, "Create", "lost_reply", orphan=True)
    yield one("put big", PUT_BIG, "Create", "500")
    yield one("put big", PUT_BIG, "Complete", "lost_reply")
    yield one("cp", CP, "CopyObject", "lost_reply")
    yield one("cp big", CP_BIG, "UploadPartCopy", "lost_reply")
    yield one("rm", RM, "DeleteObjects", "lost_reply")
    yield one("mv", MV, "DeleteObject", "lost_reply")
    yield one("mv", MV, "CopyObject", "lost_reply")


def documents():
    rows = [
        ("put big", PUT_BIG, "Complete"),
        ("cp", CP, "CopyObject"),
        ("cp big", CP_BIG, "UploadPartCopy"),
        ("mv", MV, "CopyObject"),
        ("mv big", MV_BIG, "Complete"),
        ("ls", LS, "List"),
        ("rm", RM, "DeleteObjects"),
        ("sync -D", SYNC, "List"),
    ]
    for group, work, operation in rows:
        for kind in ("200_error", "200_empty", "truncate_xml"):
            yield one(group, work, operation, kind, must=kind == "200_error")
            if kind != "truncate_xml":
                yield one(group, work, operation, kind, must=False, times=FOREVER)
        yield one(group, work, operation, "spaces")


def lasting():
    rows = [
        ("get", GET, "GetObject"),
        ("put", PUT, "PutObject"),
        ("put big", PUT_BIG, "UploadPart"),
        ("mv", MV, "CopyObject"),
        ("ls", LS, "List"),
        ("rm", RM, "DeleteObjects"),
        ("sync -D", SYNC, "List"),
    ]
    for group, work, operation in rows:
        # A copy may take minutes, in which nothing is heard of it.
        stall = () if operation == "CopyObject" else ("stall_headers",)
        for kind in ("503", "reset_before", *stall):
            yield one(group, work, operation, kind, must=False, times=FOREVER)
        for kind in ("403", "expired"):
            yield one(group, work, operation, kind, must=False, times=FOREVER, cap=3)
        yield one(group, work, operation, "redirect", must=False, times=FOREVER, cap=10,
                  to="http://192.0.2.1:9/steal")
    yield one("get", GET, "GetObject", "corrupt_body", must=False, times=FOREVER)
    yield one("get big", GET_BIG, "GetObject", "corrupt_body", must=False, times=FOREVER)
    yield one("put", PUT, "PutObject", "corrupt_store", must=False, times=FOREVER)
    yield one("put big", PUT_BIG, "UploadPart", "no_etag", must=False, times=FOREVER)


def replaced(server, key):
    server.put(key, OTHER)


def shrunk(server, key):
    server.put(key, server.objects[key].body[: PART + 5])


def grown(server, key):
    server.put(key, server.objects[key].body + b"more")


def gone(server, key):
    server.remove(key)


def races():
    for change in (replaced, shrunk, grown, gone):
        for group, work, operation in (
            ("get big", GET_BIG, "GetObject"),
            ("cp big", CP_BIG, "UploadPartCopy"),
            ("mv big", MV_BIG, "UploadPartCopy"),
        ):
            fault = Fault(operation, "change", 2, 1, change=change)
            yield Case(group, change.__name__ + " between parts", work, [fault])
        fault = Fault("GetObject", "change", 1, 1, change=change)
        yield Case("get", change.__name__ + " before", GET, [fault])

    def touch(change):
        def during(world):
            path = world.path("in")
            world.wait_for("UploadPart", 1)
            with open(path, "r+b") as file:
                change(file)
            world.touched = True
        return during

    def grow(file):
        file.seek(0, 2)
        file.write(b"more" * 1000)

    def shrink(file):
        file.truncate(PART)

    def rewrite(file):
        file.seek(2 * PART)
        file.write(os.urandom(1000))

    for change in (grow, shrink, rewrite):
        slow = Fault("UploadPart", "503", 2, 2)
        yield Case("put big", "the file: " + change.__name__, PUT_BIG, [slow],
                   during=touch(change))


def listings():
    for group, work in (("ls", LS), ("sync -D", SYNC), ("get -r", GET_TREE)):
        for kind, first in (("list_loop", 2), ("list_no_token", 2), ("500", 2), ("403", 2),
                            ("truncate_xml", 2), ("reset_mid", 2)):
            lasts = kind in ("list_loop", "list_no_token", "403")
            yield one(group, work, "List", kind, must=not lasts and kind != "truncate_xml",
                      first=first, times=FOREVER if lasts else 1, cap=SOON)


def deletions():
    yield one("rm", RM, "DeleteObjects", "partial")
    yield one("rm", RM, "DeleteObjects", "partial", must=False, times=FOREVER)
    yield one("rm", RM, "DeleteObjects", "403", must=False, times=FOREVER, cap=10)
    yield one("mv", MV, "DeleteObject", "500")
    yield one("mv", MV, "DeleteObject", "403", must=False, times=FOREVER, cap=10)


HOSTILE = {
    "d/../../escape": b"1",
    "d//double": b"2",
    "d/./dot": b"3",
    "d/ok": b"4",
    "d/link/through": b"5",
}


def prepare_hostile(world):
    for key, body in HOSTILE.items():
        world.server.put(key, body)
    os.makedirs(world.path("d"))
    os.makedirs(world.outside("outside"), exist_ok=True)
    os.symlink(world.outside("outside"), world.path("d/link"))


def contained(world):
    escaped = os.path.exists(world.outside("escape")) or os.listdir(world.outside("outside"))
    return not escaped and world.read("d/ok") == b"4"


def hostile():
    work = Work("get -r s3://bucket/d .", prepare_hostile, lambda world: False, contained)
    yield Case("get -r", "hostile keys and a link", work)

    def setuid(world):
        world.server.put("key", b"x", {"x-amz-meta-privilege": "6777"})

    def no_setuid(world):
        return os.stat(world.path("out")).st_mode & 0o7000 == 0

    work = Work("get s3://bucket/key out", setuid, no_setuid, lambda world: True)
    yield Case("get", "setuid in the metadata", work, must=True)

    def clash(world):
        world.server.put("d/a", b"file")
        world.server.put("d/a/b", b"below")

    def both(world):
        return world.read("d/a") == b"file" or world.read("d/a/b") == b"below"

    work = Work("get -r s3://bucket/d .", clash, lambda world: False, both)
    yield Case("get -r", "a file and a directory of one name", work)


def signals():
    for name, sent in (("SIGINT", [signal.SIGINT]), ("SIGTERM", [signal.SIGTERM]),
                       ("SIGTERM twice", [signal.SIGTERM] * 2)):
        for group, work, operation in (
            ("get", GET, "GetObject"),
            ("get big", GET_BIG, "GetObject"),
            ("put big", PUT_BIG, "UploadPart"),
            ("cp big", CP_BIG, "UploadPartCopy"),
        ):
            fault = Fault(operation, "stall_headers", 1, FOREVER)
            yield Case(group, name, work, [fault], cap=7, signals=sent)
