"""How each of the other tools is told to send a tree, at its defaults."""

import subprocess
import urllib.parse

from peers_tree import MIB

SECONDS = 900

# What each sends in parts, unless told.
IN_PARTS = {
    "aws-cli": lambda size: size >= 8 * MIB,
    "s5cmd": lambda size: size > 50 * MIB,
    "rclone": lambda size: size >= 200 * MIB,
    "s3cmd": lambda size: size > 15 * MIB,
    "s4cmd": lambda size: size > 4500 * MIB,
}


def line(tool, program, server, tree, target):
    """The command line that sends what is in `tree` to below `target`."""
    address = urllib.parse.urlsplit(server.endpoint)
    return {
        "aws-cli": [
            program, "s3", "cp", "--recursive", "--only-show-errors",
            "--endpoint-url", server.endpoint, tree, target,
        ],
        "s5cmd": [
            program, "--endpoint-url", server.endpoint, "--log", "error", "cp", tree + "/", target,
        ],
        "rclone": [program, "copy", tree, target.replace("s3://", "peer:")],
        "s3cmd": [
            program, "--no-ssl", "--host", address.netloc, "--host-bucket", address.netloc,
            "--access_key", server.access_key, "--secret_key", server.secret_key,
            "--quiet", "put", "--recursive", tree + "/", target,
        ],
        "s4cmd": [program, "--endpoint-url", server.endpoint, "dsync", tree, target.rstrip("/")],
    }[tool]


def send(tool, program, server, tree, target, home):
    """Gives None, or what went wrong."""
    variables = {
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "LANG": "C.UTF-8",
        "S3_ACCESS_KEY": server.access_key,
        "S3_SECRET_KEY": server.secret_key,
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
        "AWS_DEFAULT_REGION": server.region,
        "AWS_REGION": server.region,
        "RCLONE_CONFIG_PEER_TYPE": "s3",
        "RCLONE_CONFIG_PEER_PROVIDER": "Other",
        "RCLONE_CONFIG_PEER_ENDPOINT": server.endpoint,
        "RCLONE_CONFIG_PEER_REGION": server.region,
        "RCLONE_CONFIG_PEER_ACCESS_KEY_ID": server.access_key,
        "RCLONE_CONFIG_PEER_SECRET_ACCESS_KEY": server.secret_key,
    }
    try:
        done = subprocess.run(
            line(tool, program, server, tree, target),
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        return str(error)
    if done.returncode == 0:
        return None
    end = done.stdout.decode(errors="replace").strip().splitlines()[-3:]
    return "status %d: %s" % (done.returncode, " / ".join(end))
