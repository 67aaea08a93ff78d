"""Random worlds and command lines, the same for the same seed.

Names are few, so that sources and targets meet. What destroys data in the original, or is not
the same there each time, is left to the table: recursive wildcards that delete (B2), dry runs that
delete (B1), moves onto themselves (B3), and objects with the name of a directory.
"""

import random

from case import Case
from classes import differs
from world import Spec

DIRECTORIES = ["", "a", "a/b", "ab", "a/b/c", "e f"]
NAMES = ["1.txt", "2.log", "one", "t\u00fcr", "a+b", "x y"]


def cases(seed, count):
    chance = random.Random(seed)
    return [Maker(chance).case() for _ in range(count)]


class Maker:
    def __init__(self, chance):
        self.chance = chance
        self.objects = self.names("")
        self.others = self.names("")
        self.local = self.names("d/")

    def names(self, root):
        """Files or objects: name -> content; contents are few as well."""
        names = {}
        for _ in range(self.chance.randint(1, 8)):
            directory = self.chance.choice(DIRECTORIES)
            name = self.chance.choice(NAMES)
            path = root + (directory + "/" if directory else "") + name
            names[path] = self.chance.choice(["", "x", "yy", "yz", "long content"])
        return names

    def case(self):
        command = self.chance.choice(
            "ls ls du _totalsize del put put get get get cp cp mv dsync dsync dsync sync".split()
        )
        words = getattr(self, command)()
        objects = {**self.objects, **{"C:" + key: text for key, text in self.others.items()}}
        spec = Spec(files=self.local, objects=objects, directories=["d", "empty"])
        return Case(" ".join([command] + words), differs, spec)

    # -- words ----------------------------------------------------------------------------

    def maybe(self, *options):
        return [option for option in options if self.chance.random() < 0.4]

    def quoted(self, text):
        return "'%s'" % text

    def place(self, wildcards=True):
        """A path in B: an object, a directory, a pattern, or nothing that there is."""
        key = self.chance.choice(list(self.objects) + ["no", "a/no"])
        parts = key.split("/")[: self.chance.randint(1, 4)]
        if wildcards and self.chance.random() < 0.4:
            at = self.chance.randrange(len(parts))
            parts[at] = self.chance.choice(["*", "?", parts[at][0] + "*", "*" + parts[at][-1], "??"])
        path = "/".join(parts)
        slash = self.chance.choice(["", "", "/"])
        return self.quoted(self.chance.choice(["s3://B/" + path + slash] * 9 + ["s3://B"]))

    def file(self):
        return self.quoted(self.chance.choice(list(self.local) + ["d", "d/", "d/a", "empty", "no"]))

    def target(self):
        """Never where the sources are."""
        return self.quoted(self.chance.choice([
            "s3://B/new", "s3://B/new/", "s3://B/new/deep", "s3://C/", "s3://C/a", "s3://C/a/",
            "s3://C/" + self.chance.choice(list(self.others)),
        ]))

    # -- commands -------------------------------------------------------------------------

    def ls(self):
        recursive = self.maybe("-r")
        return recursive + self.maybe("-d") + [self.place(wildcards=not recursive)]

    def du(self):
        places = [self.place() for _ in range(self.chance.randint(1, 3))]
        return self.maybe("-r") + places

    def _totalsize(self):
        return self.du()

    def delete(self):
        recursive = self.maybe("-r")
        options = recursive + self.maybe("-d", "--batch-delete-size=2")
        return options + [self.place(wildcards=not recursive)]

    def put(self):
        sources = [self.file() for _ in range(self.chance.choice([1, 1, 1, 2]))]
        return self.maybe("-r", "-f", "-s", "-n") + sources + [self.target()]

    def get(self):
        target = self.chance.choice(["", ".", "d", "d/", "d/a", "empty", "new", "empty/new"])
        return self.maybe("-r", "-f", "-s", "-n") + [self.place()] + [target][: bool(target)]

    def cp(self):
        return self.maybe("-r", "-f", "-f", "-s", "-n") + [self.place(), self.target()]

    def mv(self):
        return self.maybe("-r", "-f", "-f", "-s") + [self.place(), self.target()]

    def dsync(self):
        down = [self.place(wildcards=False), self.chance.choice(["d", "new", "d/a", "empty/"])]
        up = [self.file(), self.target()]
        across = [self.place(wildcards=False), self.target()]
        options = self.chance.choice([[], [], ["-D"], ["-n"]])
        return options + self.chance.choice([down, up, across])

    def sync(self):
        # With a slash and -D the original deletes what it has sent (B4).
        words = self.dsync()
        if "-D" in words and words[-1].endswith("/'"):
            words.remove("-D")
        return words


setattr(Maker, "del", Maker.delete)
