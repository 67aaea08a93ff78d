"""A world: files here, objects there. It is made anew for every run of a program."""

import hashlib
import os
import pathlib
import stat
import threading

import boto3
from botocore.config import Config


class Spec:
    """What a world is made of.

    files: relative path -> content; links: path -> target; modes: path -> mode; directories:
    empty ones; objects: key -> content, in the bucket B, and for keys that begin with "C:" in C.
    """

    def __init__(self, files=None, objects=None, links=None, modes=None, directories=()):
        self.files = dict(files or {})
        self.objects = dict(objects or {})
        self.links = dict(links or {})
        self.modes = dict(modes or {})
        self.directories = list(directories)

    def also(self, files=None, objects=None, links=None, modes=None, directories=()):
        return Spec(
            {**self.files, **(files or {})},
            {**self.objects, **(objects or {})},
            {**self.links, **(links or {})},
            {**self.modes, **(modes or {})},
            self.directories + list(directories),
        )

    def describe(self):
        lines = ["  file %s: %s" % (name, brief(text)) for name, text in self.files.items()]
        lines += ["  link %s -> %s" % pair for pair in self.links.items()]
        lines += ["  directory %s" % name for name in self.directories]
        lines += ["  object %s: %s" % (key, brief(text)) for key, text in self.objects.items()]
        return "\n".join(lines)


def brief(content):
    return repr(content) if len(content) < 40 else "%d bytes" % len(content)


STANDARD = Spec(
    files={
        "f.txt": "f",
        "g.txt": "gg",
        "d/1.txt": "one",
        "d/2.log": "two",
        "d/e/3.txt": "three",
        "out/one.txt": "another",
        "same/1.txt": "1",
        "same/2.log": "changed",
    },
    modes={"g.txt": 0o640, "d/1.txt": 0o600},
    directories=["empty"],
    objects={
        "one.txt": "1",
        "two.txt": "22",
        "a/1.txt": "1",
        "a/2.log": "22",
        "a/b/3.txt": "333",
        "a/b/c/4.txt": "4444",
        "ab/5.txt": "55555",
        "x": "x",
        "empty": "",
        "C:other.txt": "other",
        "C:a/1.txt": "1",
        "C:a/9.txt": "999999999",
    },
)


# An object with the name of a directory.
COLLISION = STANDARD.also(objects={"x/6.txt": "666666"})


class Server:
    """The server under test, as boto3 sees it."""

    def __init__(self):
        env = os.environ
        self.endpoint = env["S4CMD_TEST_ENDPOINT"]
        self.access_key = env["S4CMD_TEST_ACCESS_KEY"]
        self.secret_key = env["S4CMD_TEST_SECRET_KEY"]
        self.region = env["S4CMD_TEST_REGION"]
        self.local = threading.local()
        self.lock = threading.Lock()

    @property
    def client(self):
        if not hasattr(self.local, "client"):
            with self.lock:  # making clients is not safe for threads
                session = boto3.session.Session(self.access_key, self.secret_key)
                self.local.client = session.client(
                    "s3",
                    endpoint_url=self.endpoint,
                    region_name=self.region,
                    config=Config(
                        s3={"addressing_style": "path"},
                        request_checksum_calculation="when_required",
                        response_checksum_validation="when_required",
                    ),
                )
        return self.local.client


class World:
    """One instance of a spec: buckets with these names, and a directory."""

    def __init__(self, server, spec, root, buckets):
        self.server = server
        self.root = pathlib.Path(root)
        self.buckets = buckets
        self.work = self.root / "work"
        (self.root / "home").mkdir(parents=True)
        self.work.mkdir()
        for name, content in spec.files.items():
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode())
            path.chmod(spec.modes.get(name, 0o644))
        for name in spec.directories:
            (self.work / name).mkdir(parents=True, exist_ok=True)
        for name, target in spec.links.items():
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        client = server.client
        for bucket in buckets.values():
            client.create_bucket(Bucket=bucket)
        for key, content in spec.objects.items():
            letter, key = ("C", key[2:]) if key.startswith("C:") else ("B", key)
            # As if one of the two programs had sent it, but for what other tools sent.
            metadata = {} if key.startswith("other-tool") else {"privilege": "644"}
            client.put_object(
                Bucket=buckets[letter], Key=key, Body=content.encode(), Metadata=metadata
            )

    def local_tree(self):
        """Path -> what is there: a mode and a hash, a link's target, or a directory."""
        tree = {}
        for directory, names, files in os.walk(self.work):
            base = os.path.relpath(directory, self.work)
            for name in names + files:
                path = os.path.join(directory, name)
                relative = os.path.normpath(os.path.join(base, name))
                if os.path.islink(path):
                    tree[relative] = "link to " + os.readlink(path)
                elif os.path.isdir(path):
                    tree[relative] = "directory"
                else:
                    mode = stat.S_IMODE(os.stat(path).st_mode)
                    tree[relative] = "%o %s" % (mode, digest(pathlib.Path(path).read_bytes()))
        return tree

    def object_tree(self):
        """Key -> hash, and the metadata that both programs write. Keys of C begin with C:."""
        client, tree = self.server.client, {}
        for letter, bucket in self.buckets.items():
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            for page in pages:
                for entry in page.get("Contents", []):
                    answer = client.get_object(Bucket=bucket, Key=entry["Key"])
                    metadata = answer["Metadata"]
                    noted = [metadata.get(name, "-") for name in ("md5", "privilege")]
                    name = entry["Key"] if letter == "B" else "C:" + entry["Key"]
                    tree[name] = " ".join([digest(answer["Body"].read())] + noted)
        return tree

    def remove(self):
        client = self.server.client
        for bucket in self.buckets.values():
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for entry in page.get("Contents", []):
                    client.delete_object(Bucket=bucket, Key=entry["Key"])
            try:
                client.delete_bucket(Bucket=bucket)
            except client.exceptions.ClientError:
                pass  # an upload that the original left open; the server is thrown away


def digest(content):
    return "%d:%s" % (len(content), hashlib.md5(content).hexdigest()[:8])
