"""An S3 server of bare sockets: it answers byte for byte what a case wants, right or wrong.

It has one bucket in memory, no authentication, and knows only the operations that the program
uses. It shares no code with the program or with the embedded server of the other tests.
"""

import email.utils
import hashlib
import re
import socket
import struct
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

BUCKET = "bucket"


class Object:
    def __init__(self, body, headers=None, etag=None):
        self.body = body
        self.headers = dict(headers or {})
        self.etag = etag or '"%s"' % hashlib.md5(body).hexdigest()


class Fault:
    """What happens to requests of an operation, from the `first` on, `times` times."""

    def __init__(self, operation, kind, first=1, times=1, **more):
        self.operation, self.kind = operation, kind
        self.first, self.times, self.more = first, times, more
        self.seen = self.happened = 0

    def take(self, operation):
        if operation != self.operation:
            return False
        self.seen += 1
        if self.seen < self.first or self.happened >= self.times:
            return False
        self.happened += 1
        return True


class Server:
    def __init__(self, page=1000):
        self.objects, self.uploads, self.page = {}, {}, page
        self.versions, self.gone = {}, set()
        self.faults, self.requests, self.skew = [], [], 0
        self.lock = threading.RLock()
        self.next_id = 0
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.socket.getsockname()[1]
        self.url = "http://127.0.0.1:%d" % self.port
        self.closed = False
        threading.Thread(target=self.accept, daemon=True).start()

    def put(self, key, body, headers=None):
        self.objects[key] = Object(body, headers)
        self.versions.setdefault(key, []).append(body)

    def remove(self, key):
        """As another client does it."""
        self.objects.pop(key, None)
        self.gone.add(key)

    def accept(self):
        while not self.closed:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def close(self):
        self.closed = True
        self.socket.close()

    def serve(self, connection):
        connection.settimeout(150)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while Exchange(self, connection).run():
                pass
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def count(self, operation):
        return sum(1 for seen in self.requests if seen == operation)


class Exchange:
    """One request and its answer."""

    def __init__(self, server, connection):
        self.server, self.connection = server, connection

    def run(self):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.connection.recv(65536)
            if not piece:
                return False
            head += piece
        head, self.rest = head.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        self.method, target, _ = lines[0].split(" ")
        self.headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            self.headers[name.lower()] = value.strip()
        path, _, query = target.partition("?")
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        parts = urllib.parse.unquote(path).lstrip("/").split("/", 1)
        self.key = parts[1] if len(parts) > 1 else ""
        operation = self.operation()
        with self.server.lock:
            self.server.requests.append(operation)
            fault = next((f for f in self.server.faults if f.take(operation)), None)
        if fault and fault.kind == "early_503":
            self.write(503, error("SlowDown"), {"Connection": "close"})
            return False
        self.body = self.read_body()
        return self.answer(operation, fault)

    def read_body(self):
        length = int(self.headers.get("content-length", 0))
        body = [self.rest]
        got = len(self.rest)
        while got < length:
            piece = self.connection.recv(min(1 << 20, length - got))
            if not piece:
                raise ValueError("the request was cut")
            body.append(piece)
            got += len(piece)
        return b"".join(body)

    def operation(self):
        q, m, copies = self.query, self.method, "x-amz-copy-source" in self.headers
        if not self.key:
            if "uploads" in q:
                return "ListMultipartUploads"
            if "delete" in q:
                return "DeleteObjects"
            return "List" if m == "GET" else "HeadBucket" if m == "HEAD" else "CreateBucket"
        if "uploads" in q:
            return "Create"
        if "uploadId" in q:
            if m == "PUT":
                return "UploadPartCopy" if copies else "UploadPart"
            return {"POST": "Complete", "DELETE": "Abort", "GET": "ListParts"}[m]
        if m == "PUT":
            return "CopyObject" if copies else "PutObject"
        return {"GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}[m]

    # What is done.

    def answer(self, operation, fault):
        kind = fault.kind if fault else None
        more = fault.more if fault else {}
        if kind in BEFORE:
            return BEFORE[kind](self, more)
        if kind == "change":
            more["change"](self.server, self.source() or self.key)
        with self.server.lock:
            status, headers, body = getattr(self, "do_" + operation)(kind)
        if kind in AFTER:
            return AFTER[kind](self, status, headers, body, more)
        return self.write(status, body, headers)

    def source(self):
        name = self.headers.get("x-amz-copy-source")
        return name and urllib.parse.unquote(name).lstrip("/").split("/", 1)[1].split("?")[0]

    def object(self, key):
        return self.server.objects.get(key)

    def condition(self, found, names=("if-match", "if-none-match")):
        match, none = (self.headers.get(name) for name in names)
        if match and (not found or match.strip('"') != found.etag.strip('"')):
            return False
        return not (none == "*" and found)

    def stored_headers(self):
        kept = ("content-type", "cache-control", "content-encoding", "expires")
        return {
            name: value
            for name, value in self.headers.items()
            if name.startswith("x-amz-meta-") or name in kept
        }

    def do_HeadObject(self, kind):
        found = self.object(self.key)
        if not found:
            return 404, {}, b""
        if not self.condition(found):
            return 412, {}, b""
        return 200, self.described(found, len(found.body)), b""

    def described(self, found, length):
        modified = email.utils.formatdate(1_700_000_000, usegmt=True)
        return {
            "ETag": found.etag,
            "Last-Modified": modified,
            "Content-Length": str(length),
            "Accept-Ranges": "bytes",
            **found.headers,
        }

    def do_GetObject(self, kind):
        found = self.object(self.key)
        if not found:
            return 404, {}, error("NoSuchKey")
        if not self.condition(found):
            return 412, {}, error("PreconditionFailed")
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("range", ""))
        if not asked or kind == "ignore_range":
            return 200, self.described(found, len(found.body)), found.body
        first, last = int(asked[1]), min(int(asked[2]), len(found.body) - 1)
        if first >= len(found.body):
            return 416, {}, error("InvalidRange")
        if kind == "shift_range":
            first, last = first + 1, min(last + 1, len(found.body) - 1)
        headers = self.described(found, last + 1 - first)
        headers["Content-Range"] = "bytes %d-%d/%d" % (first, last, len(found.body))
        return 206, headers, found.body[first : last + 1]

    def damaged(self, body):
        return bytes([body[0] ^ 1]) + body[1:] if body else b"x"

    def do_PutObject(self, kind):
        if not self.condition(self.object(self.key)):
            return 412, {}, error("PreconditionFailed")
        body = self.damaged(self.body) if kind == "corrupt_store" else self.body
        if not self.sums_are_right(body):
            return 400, {}, error("BadDigest")
        self.server.objects[self.key] = Object(body, self.stored_headers())
        return 200, self.tag(self.object(self.key).etag, kind), b""

    def sums_are_right(self, body):
        import base64

        told = self.headers.get("content-md5")
        return not told or base64.b64decode(told) == hashlib.md5(body).digest()

    def tag(self, etag, kind):
        if kind == "no_etag":
            return {}
        return {"ETag": '"%s"' % ("0" * 32) if kind == "wrong_etag" else etag}

    def do_CopyObject(self, kind):
        found = self.object(self.source())
        if not found:
            return 404, {}, error("NoSuchKey")
        if not self.condition(found, ("x-amz-copy-source-if-match", "none")):
            return 412, {}, error("PreconditionFailed")
        self.server.objects[self.key] = Object(found.body, found.headers)
        return 200, {}, document("CopyObjectResult", "<ETag>%s</ETag>" % escape(found.etag))

    def do_Create(self, kind):
        self.server.next_id += 1
        upload = "upload-%d" % self.server.next_id
        self.server.uploads[upload] = (self.key, self.stored_headers(), {})
        return 200, {}, document(
            "InitiateMultipartUploadResult", "<UploadId>%s</UploadId>" % upload
        )

    def upload(self):
        return self.server.uploads.get(self.query["uploadId"])

    def do_UploadPart(self, kind):
        if not self.upload():
            return 404, {}, error("NoSuchUpload")
        body = self.damaged(self.body) if kind == "corrupt_store" else self.body
        if not self.sums_are_right(body):
            return 400, {}, error("BadDigest")
        part = Object(body)
        self.upload()[2][int(self.query["partNumber"])] = part
        return 200, self.tag(part.etag, kind), b""

    def do_UploadPartCopy(self, kind):
        found = self.object(self.source())
        if not found:
            return 404, {}, error("NoSuchKey")
        if not self.condition(found, ("x-amz-copy-source-if-match", "none")):
            return 412, {}, error("PreconditionFailed")
        if not self.upload():
            return 404, {}, error("NoSuchUpload")
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["x-amz-copy-source-range"])
        part = Object(found.body[int(asked[1]) : int(asked[2]) + 1])
        self.upload()[2][int(self.query["partNumber"])] = part
        return 200, {}, document("CopyPartResult", "<ETag>%s</ETag>" % escape(part.etag))

    def do_Complete(self, kind):
        if not self.upload():
            return 404, {}, error("NoSuchUpload")
        key, headers, parts = self.upload()
        told = re.findall(
            r"<PartNumber>(\d+)</PartNumber><ETag>(.*?)</ETag>", self.body.decode()
        )
        chosen = []
        for number, etag in told:
            part = parts.get(int(number))
            etag = etag.replace("&quot;", '"').strip('"')
            if not part or part.etag.strip('"') != etag:
                return 400, {}, error("InvalidPart")
            chosen.append(part)
        sums = b"".join(hashlib.md5(part.body).digest() for part in chosen)
        etag = '"%s-%d"' % (hashlib.md5(sums).hexdigest(), len(chosen))
        body = b"".join(part.body for part in chosen)
        self.server.objects[key] = Object(body, headers, etag)
        del self.server.uploads[self.query["uploadId"]]
        return 200, {}, document(
            "CompleteMultipartUploadResult", "<ETag>%s</ETag>" % escape(etag)
        )

    def do_Abort(self, kind):
        if not self.server.uploads.pop(self.query["uploadId"], None):
            return 404, {}, error("NoSuchUpload")
        return 204, {}, b""

    def do_ListParts(self, kind):
        if not self.upload():
            return 404, {}, error("NoSuchUpload")
        parts = "".join(
            "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag><Size>%d</Size></Part>"
            % (number, escape(part.etag), len(part.body))
            for number, part in sorted(self.upload()[2].items())
        )
        return 200, {}, document(
            "ListPartsResult", "<IsTruncated>false</IsTruncated>" + parts
        )

    def do_ListMultipartUploads(self, kind):
        uploads = "".join(
            "<Upload><Key>%s</Key><UploadId>%s</UploadId></Upload>" % (escape(key), upload)
            for upload, (key, _, _) in self.server.uploads.items()
            if key.startswith(self.query.get("prefix", ""))
        )
        return 200, {}, document(
            "ListMultipartUploadsResult", "<IsTruncated>false</IsTruncated>" + uploads
        )

    def do_DeleteObject(self, kind):
        self.server.objects.pop(self.key, None)
        return 204, {}, b""

    def do_DeleteObjects(self, kind):
        keys = re.findall(r"<Key>(.*?)</Key>", self.body.decode(), re.S)
        answer = ""
        for index, key in enumerate(keys):
            if kind == "partial" and index % 2:
                answer += "<Error><Key>%s</Key><Code>InternalError</Code></Error>" % key
                continue
            plain = key.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            self.server.objects.pop(plain, None)
            answer += "<Deleted><Key>%s</Key></Deleted>" % key
        return 200, {}, document("DeleteResult", answer)

    def do_HeadBucket(self, kind):
        return 200, {}, b""

    def do_CreateBucket(self, kind):
        return 200, {}, b""

    def do_List(self, kind):
        prefix = self.query.get("prefix", "")
        after = self.query.get("continuation-token") or self.query.get("start-after") or ""
        if kind == "list_loop":
            after = ""
        delimiter = self.query.get("delimiter")
        entries = {}
        for key in sorted(self.server.objects):
            if not key.startswith(prefix):
                continue
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            name = key if cut < 0 else key[: cut + 1]
            if name > after:
                entries.setdefault(name, None if cut >= 0 else self.server.objects[key])
        names = list(entries)[: self.server.page]
        more = len(entries) > len(names) or kind in ("list_loop", "list_no_token")
        text = "<IsTruncated>%s</IsTruncated><EncodingType>url</EncodingType>" % str(more).lower()
        if more and kind != "list_no_token":
            text += "<NextContinuationToken>%s</NextContinuationToken>" % escape(names[-1])
        for name in names:
            shown = urllib.parse.quote(name)
            found = entries[name]
            if found is None:
                text += "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>" % shown
            else:
                text += (
                    "<Contents><Key>%s</Key><LastModified>2023-11-14T22:13:20.000Z"
                    "</LastModified><ETag>%s</ETag><Size>%d</Size></Contents>"
                    % (shown, escape(found.etag), len(found.body))
                )
        return 200, {}, document("ListBucketResult", text)

    # How it is sent.

    def head(self, status, headers, length):
        now = time.time() + self.server.skew
        lines = ["HTTP/1.1 %d Whatever" % status]
        lines.append("Date: " + email.utils.formatdate(now, usegmt=True))
        given = {name.lower() for name in headers}
        lines += ["%s: %s" % item for item in headers.items()]
        if "content-length" not in given and status != 204:
            lines.append("Content-Length: %d" % length)
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def write(self, status, body, headers=None):
        if self.method == "HEAD":
            headers = dict(headers or {})
            headers.setdefault("Content-Length", str(len(body)))
            body = b""
        self.connection.sendall(self.head(status, headers or {}, len(body)) + body)
        return True

    def reset(self):
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        return False

    def wait(self, seconds):
        """Until then, or until the other side has gone."""
        self.connection.settimeout(seconds)
        try:
            self.connection.recv(1)
        except OSError:
            pass


def document(root, content):
    return ("<?xml version='1.0'?><%s>%s</%s>" % (root, content, root)).encode()


def error(code):
    return document("Error", "<Code>%s</Code><Message>scripted</Message>" % code)


def skewed(exchange, more):
    exchange.server.skew = 3600
    told = exchange.headers.get("x-amz-date", "")
    then = time.strftime("%Y%m%dT%H%M", time.gmtime(time.time() + 3600 - 60))
    if told >= then:
        return exchange.answer(exchange.operation(), None)
    return exchange.write(403, error("RequestTimeTooSkewed"))


def status(code, name):
    return lambda exchange, more: exchange.write(code, error(name))


def garbage(exchange, more):
    exchange.connection.sendall(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
    return False


def half_a_head(exchange, more):
    exchange.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
    return exchange.reset()


def stall_headers(exchange, more):
    exchange.wait(140)
    return False


def redirect(exchange, more):
    return exchange.write(307, b"", {"Location": more["to"]})


BEFORE = {
    "500": status(500, "InternalError"),
    "503": status(503, "SlowDown"),
    "503_html": lambda exchange, more: exchange.write(503, b"<html>busy</html>"),
    "429": status(429, "TooManyRequests"),
    "timeout400": status(400, "RequestTimeout"),
    "403": status(403, "AccessDenied"),
    "expired": status(400, "ExpiredToken"),
    "skew": skewed,
    "reset_before": lambda exchange, more: exchange.reset(),
    "fin_before": lambda exchange, more: False,
    "garbage": garbage,
    "reset_on_headers": half_a_head,
    "stall_headers": stall_headers,
    "200_error": status(200, "InternalError"),
    "200_empty": lambda exchange, more: exchange.write(200, b""),
    "redirect": redirect,
}


def cut(ending):
    def act(exchange, status, headers, body, more):
        half = len(body) // 2
        exchange.connection.sendall(exchange.head(status, headers, len(body)) + body[:half])
        return ending(exchange)

    return act


def stalls(exchange):
    exchange.wait(140)
    return False


def resets(exchange):
    time.sleep(0.05)
    return exchange.reset()


def spaces(exchange, status, headers, body, more):
    head = exchange.head(status, {"Transfer-Encoding": "chunked"}, 0)
    exchange.connection.sendall(head.replace(b"Content-Length: 0\r\n", b""))
    for piece in [b" "] * 5 + [body]:
        exchange.connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        time.sleep(0.5)
    exchange.connection.sendall(b"0\r\n\r\n")
    return True


def corrupt(exchange, status, headers, body, more):
    return exchange.write(status, exchange.damaged(body), headers)


AFTER = {
    "lost_reply": lambda exchange, *rest: exchange.reset(),
    "reset_mid": cut(resets),
    "short_body": cut(lambda exchange: False),
    "stall_body": cut(stalls),
    "corrupt_body": corrupt,
    "truncate_xml": lambda exchange, status, headers, body, more: exchange.write(
        status, body[: len(body) // 2], headers
    ),
    "spaces": spaces,
}
