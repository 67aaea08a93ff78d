"""How each tool is told to do each kind of work, at its defaults, and as an expert would."""

import os
import urllib.parse

PEERS = ["s5cmd", "rclone", "aws-cli", "aws-crt", "s3cmd", "s4cmd-python", "curl"]
BUCKET = "peers"


class Server:
    """Where the store is and who may write there."""

    def __init__(self, endpoint, access_key, secret_key, region, ca_bundle):
        self.endpoint = endpoint
        self.access_key = access_key
        self.secret_key = secret_key
        self.region = region
        self.ca_bundle = ca_bundle

    @classmethod
    def from_environment(cls):
        variable = lambda name: os.environ["S4CMD_TEST_" + name]
        return cls(
            variable("ENDPOINT"), variable("ACCESS_KEY"), variable("SECRET_KEY"),
            variable("REGION"), os.environ.get("S4CMD_TEST_CA_BUNDLE"))

    def at(self, endpoint):
        """The same by another way."""
        return type(self)(
            endpoint, self.access_key, self.secret_key, self.region, self.ca_bundle)

    def environment(self, home):
        """The same for all tools, and nothing of the user's."""
        variables = {
            "PATH": "/usr/bin:/bin",
            "HOME": home,
            "TMPDIR": home,
            "LANG": "C.UTF-8",
            "S3_ACCESS_KEY": self.access_key,
            "S3_SECRET_KEY": self.secret_key,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "RCLONE_CONFIG": "/dev/null",
            "RCLONE_CONFIG_PEER_TYPE": "s3",
            "RCLONE_CONFIG_PEER_PROVIDER": "Other",
            "RCLONE_CONFIG_PEER_ENDPOINT": self.endpoint,
            "RCLONE_CONFIG_PEER_REGION": self.region,
            "RCLONE_CONFIG_PEER_ACCESS_KEY_ID": self.access_key,
            "RCLONE_CONFIG_PEER_SECRET_ACCESS_KEY": self.secret_key,
        }
        if self.ca_bundle:
            variables["AWS_CA_BUNDLE"] = self.ca_bundle
            variables["SSL_CERT_FILE"] = self.ca_bundle
            variables["RCLONE_CA_CERT"] = self.ca_bundle
        return variables


def url(key):
    return "s3://%s/%s" % (BUCKET, key)


def line(tool, program, server, verb, source, target=None, options=()):
    """The command line. What is remote is given as a key, or a prefix without a slash."""
    build = {
        "s4cmd": successor, "s4cmd-python": original, "s5cmd": s5cmd, "rclone": rclone,
        "aws-cli": aws, "aws-crt": aws, "s3cmd": s3cmd, "curl": curl,
    }[tool]
    return build(program, server, verb, source, target, list(options))


def successor(program, server, verb, source, target, options):
    return original(program, server, verb, source, target, options)


def original(program, server, verb, source, target, options):
    words = {
        "put": lambda: ["put", "-f", source, url(target)],
        "get": lambda: ["get", "-f", url(source), target],
        "put-tree": lambda: ["put", "-r", "-f", source, url(target) + "/"],
        "get-tree": lambda: ["get", "-r", "-f", url(source) + "/", target],
        "list-tree": lambda: ["ls", "-r", url(source) + "/"],
        "list": lambda: ["ls", url(source) + "/"],
        "sync": lambda: ["dsync", source, url(target) + "/"],
        "copy-tree": lambda: ["cp", "-r", "-f", url(source) + "/", url(target) + "/"],
        "delete-tree": lambda: ["del", "-r", url(source) + "/"],
        "make-bucket": lambda: ["mb", "s3://" + source],
    }[verb]()
    return [program, "--endpoint-url", server.endpoint] + options + words


def s5cmd(program, server, verb, source, target, options):
    words = {
        "put": lambda: ["cp", source, url(target)],
        "get": lambda: ["cp", url(source), target],
        "put-tree": lambda: ["cp", source + "/", url(target) + "/"],
        "get-tree": lambda: ["cp", url(source) + "/*", target + "/"],
        "list-tree": lambda: ["ls", url(source) + "/*"],
        "list": lambda: ["ls", url(source) + "/"],
        "sync": lambda: ["sync", source + "/", url(target) + "/"],
        "copy-tree": lambda: ["cp", url(source) + "/*", url(target) + "/"],
        "delete-tree": lambda: ["rm", url(source) + "/*"],
    }[verb]()
    return [program, "--endpoint-url", server.endpoint] + words


def aws(program, server, verb, source, target, options):
    quiet = ["--only-show-errors"]
    words = {
        "put": lambda: ["cp", source, url(target)] + quiet,
        "get": lambda: ["cp", url(source), target] + quiet,
        "put-tree": lambda: ["cp", "--recursive", source, url(target) + "/"] + quiet,
        "get-tree": lambda: ["cp", "--recursive", url(source) + "/", target] + quiet,
        "list-tree": lambda: ["ls", "--recursive", url(source) + "/"],
        "list": lambda: ["ls", url(source) + "/"],
        "sync": lambda: ["sync", source, url(target) + "/"] + quiet,
        "copy-tree": lambda: ["cp", "--recursive", url(source) + "/", url(target) + "/"] + quiet,
        "delete-tree": lambda: ["rm", "--recursive", url(source) + "/"] + quiet,
    }[verb]()
    return [program, "--endpoint-url", server.endpoint, "s3"] + words


def rclone(program, server, verb, source, target, options):
    remote = lambda key: "peer:%s/%s" % (BUCKET, key)
    words = {
        "put": lambda: ["copyto", source, remote(target)],
        "get": lambda: ["copyto", remote(source), target],
        "put-tree": lambda: ["copy", "--no-traverse", source, remote(target)],
        "get-tree": lambda: ["copy", remote(source), target],
        "list-tree": lambda: ["lsf", "-R", "--format", "tsp", remote(source)],
        "list": lambda: ["lsf", "--format", "tsp", remote(source)],
        "sync": lambda: ["sync", source, remote(target)],
        "copy-tree": lambda: ["copy", remote(source), remote(target)],
        "delete-tree": lambda: ["delete", remote(source)],
    }[verb]()
    # Four transfers, its default, would be no comparison.
    return [program, "--transfers", "32", "--checkers", "32", "--s3-no-check-bucket"] + words


def s3cmd(program, server, verb, source, target, options):
    address = urllib.parse.urlsplit(server.endpoint)
    words = {
        "put": lambda: ["put", source, url(target)],
        "get": lambda: ["get", "--force", url(source), target],
        "put-tree": lambda: ["put", "--recursive", source + "/", url(target) + "/"],
        "get-tree": lambda: ["get", "--recursive", "--force", url(source) + "/", target + "/"],
        "list-tree": lambda: ["ls", "--recursive", url(source) + "/"],
        "list": lambda: ["ls", url(source) + "/"],
        "sync": lambda: ["sync", source + "/", url(target) + "/"],
        "copy-tree": lambda: ["cp", "--recursive", url(source) + "/", url(target) + "/"],
        "delete-tree": lambda: ["del", "--recursive", "--force", url(source) + "/"],
    }[verb]()
    transport = ["--no-ssl"] if address.scheme == "http" else ["--ca-certs", server.ca_bundle or ""]
    return [
        program, "--config", "/dev/null", "--quiet", "--host", address.netloc, "--host-bucket",
        address.netloc, "--access_key", server.access_key, "--secret_key", server.secret_key,
    ] + transport + words


def curl(program, server, verb, source, target, options):
    """One plain request that neither hashes nor checks anything: what no client can be far below."""
    key = target if verb == "put" else source
    words = {
        "put": lambda: ["--upload-file", source],
        "get": lambda: ["--output", target],
    }[verb]()
    trust = ["--cacert", server.ca_bundle] if server.ca_bundle else []
    return [
        program, "--silent", "--show-error", "--fail", "--aws-sigv4",
        "aws:amz:%s:s3" % server.region, "--user",
        "%s:%s" % (server.access_key, server.secret_key),
        "--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD",
    ] + trust + words + ["%s/%s/%s" % (server.endpoint, BUCKET, key)]
