"""Ceph radosgw: the strict one (Debian 12: version 16).

Used for: payload hashes and chunk signatures (checked), lists in byte order and
paging, every odd key up to 1024 bytes, ACLs that take effect, virtual hosts,
presigned URLs, 403 before the body of an `Expect: 100-continue`.

Not to be trusted for: anything newer than 2021. No x-amz-checksum-* (ignored), no
trailers (status 400, so a client must fall back), no partNumber, no
GetObjectAttributes (sends the object), PUT with If-Match is always 412, and
LocationConstraint is refused. STS stays off: with it every authentication error
becomes AccessDenied.

One monitor, one OSD on a file and the gateway; no manager is needed. It runs as any
user and writes nothing outside its folder; only installing needs root.
"""

import base64
import os
import struct
import time
import uuid

import harness

PACKAGES = ["radosgw", "ceph-mon", "ceph-osd", "ceph-common"]
COMMANDS = ["radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "monmaptool"]

CONFIG = """\
[global]
fsid = {fsid}
mon host = {mon_address}
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
mon data = {data}/mon
osd data = {data}/osd
run dir = {data}
keyring = {data}/keyring
# The path of a socket in the data folder could be too long.
admin socket =
log to file = false
log to stderr = true
debug rocksdb = 1
mon cluster log to file = false

# Without cephx the gateway never connects: it insists on a key.
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false

# One copy on the one OSD, in few placement groups: pools are made quickly.
mon allow pool size one = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
mon max pg per osd = 2000
osd crush chooseleaf type = 0

# A sparse file; memory in place of the defaults for a real host.
osd objectstore = bluestore
bluestore block size = 21474836480
osd memory target = 1073741824

rgw dns name = localhost
# SSE-C also over plain http.
rgw crypt require ssl = false
"""

CAPABILITIES = {
    "mon.": {"mon": "allow *"},
    "client.admin": {"mon": "allow *", "osd": "allow *"},
    "client.rgw": {"mon": "allow rwx", "osd": "allow rwx"},
    "osd.0": {"mon": "allow profile osd", "osd": "allow *"},
}


def install(processes):
    harness.install_debian_packages(processes, COMMANDS, PACKAGES)


def _keyring():
    text = ""
    for name, capabilities in CAPABILITIES.items():
        secret = os.urandom(16)  # after: type AES, seconds, nanoseconds, length
        key = struct.pack("<HIIH", 1, int(time.time()), 0, len(secret)) + secret
        text += "[%s]\n\tkey = %s\n" % (name, base64.b64encode(key).decode())
        text += "".join('\tcaps %s = "%s"\n' % item for item in capabilities.items())
    return text


def start(run):
    os.environ.pop("CEPH_ARGS", None)  # would be added to every command line
    fsid, mon_address = str(uuid.uuid4()), "[v2:127.0.0.1:%d/0]" % (run.port + 1)
    config, monmap, keyring = run.data / "ceph.conf", run.data / "monmap", run.data / "keyring"
    config.write_text(CONFIG.format(fsid=fsid, mon_address=mon_address, data=run.data))
    keyring.write_text(_keyring())
    (run.data / "mon").mkdir()
    (run.data / "osd").mkdir()

    def ceph(program, *arguments):
        return [program, "-c", config, *arguments]

    def admin(*arguments):
        run.step(ceph("radosgw-admin", *arguments))

    # Left to make its own map, the monitor does not find itself in it.
    run.step(["monmaptool", "--create", "--fsid", fsid, "--addv", "a", mon_address, monmap])
    run.step(ceph("ceph-mon", "-i", "a", "--mkfs", "--monmap", monmap, "--keyring", keyring))
    run.serve("ceph-mon", ceph("ceph-mon", "-i", "a", "-f"))
    osd = str(uuid.uuid4())
    run.step(ceph("ceph", "osd", "create", osd))  # waits for the monitor
    run.step(ceph("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd))
    run.serve("ceph-osd", ceph("ceph-osd", "-i", "0", "-f"))
    admin("user", "create", "--uid=s4cmd-test", "--display-name=s4cmd-test",
          "--access-key=" + harness.ACCESS_KEY, "--secret-key=" + harness.SECRET_KEY)
    # Other storage classes are refused unless told. The zone to add them to
    # exists only since the first user does.
    for storage_class in ("STANDARD_IA", "GLACIER"):
        target = ("--placement-id=default-placement", "--storage-class=" + storage_class)
        admin("zonegroup", "placement", "add", "--rgw-zonegroup=default", *target)
        admin("zone", "placement", "add", "--rgw-zone=default", *target,
              "--data-pool=default.rgw.buckets.data")
    run.serve("radosgw", ceph("radosgw", "-n", "client.rgw", "-f", "--rgw-frontends",
                              "beast endpoint=127.0.0.1:%d" % run.port))
    return run.variables()
