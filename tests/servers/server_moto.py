"""moto with authentication on: AWS rules that the other two servers lack.

Used for: STS, IAM keys, instance metadata (IMDSv2), LocationConstraint, storage
classes, GLACIER objects that must be restored, keys of any kind.

Not to be trusted for: checksums and Content-MD5 (stored, not checked), chunk
signatures, clock skew, presigned and anonymous requests (status 500), list V1 with
a delimiter (not paged), malformed input (often 500), speed. It closes every
connection and keeps all data in memory. The metadata service never requires its
token and always hands out the same key (`test-key`), which this server itself refuses.
"""

import json
import os
import urllib.parse
import xml.etree.ElementTree

import harness

PACKAGES = [
    "moto[s3,iam,sts]==5.2.5",
    "flask==3.1.3", "flask-cors==6.0.5",  # what of the much larger extra `server` is needed
    "awscrt==0.38.1",  # for right CRC64NVME values
]
ROLE_NAME = "s4cmd-test"


def install(processes):
    harness.install_python_packages(processes, "moto", PACKAGES)


def _iam(run, action, **parameters):
    body = urllib.parse.urlencode(dict(parameters, Action=action, Version="2010-05-08"))
    status, answer = run.request(
        "POST", "/", body.encode(), service="iam",
        headers={"content-type": "application/x-www-form-urlencoded"})
    if status != 200:
        run.fail("%s: status %d" % (action, status), run.servers)
    return {e.tag.split("}")[-1]: e.text for e in xml.etree.ElementTree.fromstring(answer).iter()}


def start(run):
    run.serve("moto", [
        harness.venv("moto") / "bin" / "python", "-m", "moto.server",
        "-H", "127.0.0.1", "-p", run.port,
    ], env=dict(
        os.environ,
        # From the sixth counted request on, signatures and IAM policies are checked;
        # without this any signature passes. The five calls below use these up.
        INITIAL_NO_AUTH_ACTION_COUNT="5",
    ))
    while (run.answers("GET", "/moto-api/") or (0,))[0] != 200:  # not counted
        run.pause()

    def allow(**statement):
        return json.dumps({"Version": "2012-10-17",
                           "Statement": [dict(statement, Effect="Allow")]})

    everything = allow(Action="*", Resource="*")
    _iam(run, "CreateUser", UserName="s4cmd-test")
    key = _iam(run, "CreateAccessKey", UserName="s4cmd-test")  # moto chooses it
    _iam(run, "PutUserPolicy", UserName="s4cmd-test", PolicyName="everything",
         PolicyDocument=everything)
    role = _iam(run, "CreateRole", RoleName=ROLE_NAME, AssumeRolePolicyDocument=allow(
        Action="sts:AssumeRole", Principal={"AWS": "*"}))
    # An assumed role may do only what its own policy says.
    _iam(run, "PutRolePolicy", RoleName=ROLE_NAME, PolicyName="everything",
         PolicyDocument=everything)
    return run.variables(
        access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"],
        STS_ENDPOINT=run.endpoint, ROLE_ARN=role["Arn"],
        METADATA_ENDPOINT=run.endpoint)
