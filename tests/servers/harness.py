"""What the servers share: installing, ports, processes, a signed request.

Python 3 standard library only. Linux only (prctl, abstract sockets).
"""

import contextlib
import ctypes
import datetime
import fcntl
import glob
import hashlib
import hmac
import http.client
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

CACHE = pathlib.Path(
    os.environ.get("S4CMD_SERVER_CACHE")
    or pathlib.Path.home() / ".cache" / "s4cmd-servers"
).absolute()

ACCESS_KEY = "S4CMDTESTKEY"
SECRET_KEY = "s4cmd-test-secret"
REGION = "us-east-1"

START_SECONDS = 90  # for a server to come up
STOP_SECONDS = 10  # between TERM and KILL
POLL_SECONDS = 0.05


class Failure(Exception):
    """The server cannot be had; the text says why."""


class Interrupted(BaseException):
    def __init__(self, signum):
        super().__init__(signum)
        self.signum = signum


def say(text):
    print("with-server: " + text, file=sys.stderr, flush=True)


class Signals:
    """INT, TERM and HUP raise Interrupted, but never inside `held()`."""

    def __init__(self):
        self.holds = 0
        self.pending = None
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # HUP stays ignored under nohup; INT is ignored in every background
            # job of a shell script and must stop this script all the same.
            if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN:
                signal.signal(signum, self._receive)

    def _receive(self, signum, _frame):
        if self.holds:
            self.pending = signum
        else:
            raise Interrupted(signum)

    @contextlib.contextmanager
    def held(self):
        self.holds += 1
        try:
            yield
        finally:
            self.holds -= 1
        if self.pending and not self.holds:
            signum, self.pending = self.pending, None
            raise Interrupted(signum)


# -- processes ---------------------------------------------------------------

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _end_with_parent(signum):
    """For a new child: get `signum` when this script dies, even by KILL."""
    parent = os.getpid()

    def guard():
        _libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        if os.getppid() != parent:  # it died before prctl
            os._exit(1)

    return guard


class Processes:
    """The processes this script started and has not yet ended, oldest first.

    All are direct children, so a process id cannot change its owner before
    this script has waited for it.
    """

    def __init__(self, signals):
        self.signals = signals
        self.running = []

    def start(self, argv, stop_seconds=STOP_SECONDS, **options):
        with self.signals.held():
            process = subprocess.Popen([str(a) for a in argv], **options)
            process.stop_seconds = stop_seconds
            self.running.append(process)
        return process

    def run(self, argv, **options):
        """Run to the end and return the exit status."""
        process = self.start(argv, **options)
        status = process.wait()
        self.running.remove(process)
        return status

    def stop(self, process):
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(process.stop_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.remove(process)

    def stop_all(self):
        for process in reversed(list(self.running)):
            self.stop(process)


# -- installing --------------------------------------------------------------


@contextlib.contextmanager
def _locked(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # given back when the file is closed
        yield


def install_lock(name):
    return _locked(CACHE / (name + ".install-lock"))


def venv(name):
    return CACHE / (name + "-venv")


def install_python_packages(processes, name, packages):
    """A virtual environment with exactly these packages."""
    folder = venv(name)
    stamp = folder / "installed"
    wanted = "%d.%d %s\n" % (sys.version_info[:2] + (" ".join(packages),))
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("installing " + " ".join(packages))
    shutil.rmtree(folder, ignore_errors=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet",
           "--disable-pip-version-check", "--no-input"]
    for argv in ([sys.executable, "-m", "venv", folder], pip + packages):
        if processes.run(argv, stdin=subprocess.DEVNULL, stdout=sys.stderr):
            raise Failure("could not install: %s failed" % " ".join(map(str, argv)))
    stamp.write_text(wanted)


def install_debian_packages(processes, commands, packages):
    """The Debian packages that bring these commands; installing needs root."""
    if all(shutil.which(command) for command in commands):
        return
    apt = ["apt-get", "-q", "-y", "--no-install-recommends", "install"] + packages
    if not shutil.which("apt-get"):
        raise Failure("missing commands (%s) and no apt-get to install them"
                      % ", ".join(c for c in commands if not shutil.which(c)))
    if os.geteuid() != 0:
        raise Failure("not installed, and only root can; as root: " + " ".join(apt))
    say("installing " + " ".join(packages))
    quiet = dict(stdin=subprocess.DEVNULL, stdout=sys.stderr,
                 env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
    for argv in (["apt-get", "-q", "update"], apt):
        if processes.run(argv, **quiet):
            raise Failure("could not install: %s failed" % " ".join(argv))


# -- one running server ------------------------------------------------------

PORTS_PER_RUN = 10


def _reserve_ports():
    """The first of ten free ports in a row, and what keeps them reserved.

    The ports are below the range that the kernel hands out by itself. A server
    binds them only later, so another with-server could choose the same; the
    name of an abstract socket, gone with this process, prevents that.
    """
    first_ports = list(range(20000, 32000, PORTS_PER_RUN))
    random.shuffle(first_ports)
    for first in first_ports:
        reservation = socket.socket(socket.AF_UNIX)
        with contextlib.ExitStack() as probes:
            try:
                reservation.bind("\0s4cmd-test-ports-%d" % first)
                for port in range(first, first + PORTS_PER_RUN):
                    probe = probes.enter_context(socket.socket())
                    # ports of a server that has just ended are good again
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
                return first, reservation
            except OSError:
                reservation.close()
    raise Failure("no ten free ports in a row")


class Run:
    """A data folder, ports and processes for one start of a server."""

    def __init__(self, name, processes, signals):
        self.name = name
        self.processes = processes
        self.signals = signals
        self.servers = {}  # label: process
        self.remove_at_end = []  # patterns of files outside the folder
        self.deadline = time.monotonic() + START_SECONDS

    def __enter__(self):
        self.port, self._reservation = _reserve_ports()
        self.endpoint = "http://127.0.0.1:%d" % self.port
        runs = CACHE / "run"
        with _locked(runs / "lock"):
            # Folders whose lock nobody holds are of runs that were killed.
            for folder in runs.iterdir():
                if folder.is_dir() and not _is_locked(folder / "lock"):
                    shutil.rmtree(folder, ignore_errors=True)
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix=self.name + "-", dir=runs))
            self._lock = open(self.folder / "lock", "w")
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.data = self.folder / "data"
        self.logs = self.folder / "logs"
        self.data.mkdir()
        self.logs.mkdir()
        return self

    def __exit__(self, kind, error, trace):
        with self.signals.held():
            self.processes.stop_all()
            shutil.rmtree(self.folder, ignore_errors=True)
            for pattern in self.remove_at_end:
                for path in glob.glob(pattern):
                    os.remove(path)

    def serve(self, label, argv, **options):
        """Start a server process; its output goes to logs/LABEL.log."""
        with open(self.logs / (label + ".log"), "ab") as log:
            self.servers[label] = self.processes.start(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.data,
                start_new_session=True,  # Ctrl-C is for COMMAND and this script
                preexec_fn=_end_with_parent(signal.SIGKILL), **options)

    def step(self, argv):
        """Run a set-up command of the server to its end; it must succeed."""
        with open(self.logs / "setup.log", "ab") as log:
            process = self.processes.start(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.data,
                start_new_session=True, preexec_fn=_end_with_parent(signal.SIGKILL))
        while process.poll() is None:
            self.pause(["setup"])
        self.processes.running.remove(process)
        if process.returncode != 0:
            self.fail("%s failed" % " ".join(map(str, argv)), ["setup"])

    def pause(self, labels=()):
        """Between two looks at something: is there still hope?"""
        for label, process in self.servers.items():
            if process.poll() is not None:
                self.fail("%s ended (status %d)" % (label, process.returncode), [label])
        if time.monotonic() > self.deadline:
            self.fail("not up after %d s" % START_SECONDS, labels or self.servers)
        time.sleep(POLL_SECONDS)

    def fail(self, text, labels):
        raise Failure(text + "".join(self.log_tail(label) for label in labels))

    def log_tail(self, label, lines=25):
        path = self.logs / (label + ".log")
        content = path.read_text(errors="replace").splitlines()[-lines:]
        return "\n--- the end of %s ---\n%s" % (path.name, "\n".join(content))

    def request(self, method, path, body=b"", **options):
        return signed_request(self.port, method, path, body, **options)

    def answers(self, method, path, body=b"", **options):
        """The same, but None while there is no answer."""
        try:
            return self.request(method, path, body, **options)
        except (OSError, http.client.HTTPException):
            return None

    def wait_until_ready(self, variables):
        """Until a bucket and an object can be made, read and deleted."""
        keys = dict(access_key=variables["S4CMD_TEST_ACCESS_KEY"],
                    secret_key=variables["S4CMD_TEST_SECRET_KEY"])
        bucket = "/with-server-is-it-up"
        for method, path, body in (
            ("GET", "/", b""),
            ("PUT", bucket, b""),
            ("PUT", bucket + "/object", b"x"),
            ("GET", bucket + "/object", b""),
            ("DELETE", bucket + "/object", b""),
            ("DELETE", bucket, b""),
        ):
            while (self.answers(method, path, body, **keys) or (0,))[0] not in (200, 204):
                self.pause()

    def variables(self, access_key=ACCESS_KEY, secret_key=SECRET_KEY, **more):
        """The environment for COMMAND; `more` without its S4CMD_TEST_."""
        more.update(SERVER=self.name, ENDPOINT=self.endpoint, REGION=REGION,
                    ACCESS_KEY=access_key, SECRET_KEY=secret_key,
                    VHOST="localhost", SERVER_LOGS=str(self.logs))
        return {"S4CMD_TEST_" + key: value for key, value in more.items()}

    def command(self, argv, variables):
        """Run COMMAND and return its exit status."""
        # At a terminal it stays in the foreground group, so that it can read
        # and gets Ctrl-C. Anywhere else it gets a group of its own, so that
        # its children can be ended together with it.
        guard = _end_with_parent(signal.SIGTERM)
        own_group = not sys.stdin.isatty()

        def before_exec():
            guard()
            if own_group:
                os.setpgid(0, 0)

        def tell(signum):
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if own_group else os.kill)(process.pid, signum)

        # Optional variables of another server must not shine through.
        env = {k: v for k, v in os.environ.items() if not k.startswith("S4CMD_TEST_")}
        env.update(variables)
        try:
            process = self.processes.start(argv, env=env, preexec_fn=before_exec)
        except OSError as error:
            say("%s: %s" % (argv[0], error.strerror))
            return 127 if isinstance(error, FileNotFoundError) else 126
        try:
            _await_exit(process)
        except Interrupted as interrupted:
            with self.signals.held():
                tell(interrupted.signum)
                if not _await_exit(process, STOP_SECONDS):
                    tell(signal.SIGKILL)
            raise
        finally:
            with self.signals.held():
                if own_group:
                    tell(signal.SIGKILL)  # what it left behind in its group
                process.wait()
                self.processes.running.remove(process)
        for label, server in self.servers.items():
            if server.poll() is not None:
                say("%s ended (status %d) while the command ran%s"
                    % (label, server.returncode, self.log_tail(label)))
        return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _await_exit(process, seconds=None):
    """Wait for the exit but leave the process id taken; False: still running."""
    flags = os.WEXITED | os.WNOWAIT
    if seconds is None:
        os.waitid(os.P_PID, process.pid, flags)
        return True
    end = time.monotonic() + seconds
    while os.waitid(os.P_PID, process.pid, flags | os.WNOHANG) is None:
        if time.monotonic() > end:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _is_locked(path):
    try:
        with open(path) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except OSError:
        return True


# -- a signed request --------------------------------------------------------


def signed_request(port, method, path, body=b"", service="s3", headers=None,
                   access_key=ACCESS_KEY, secret_key=SECRET_KEY):
    """One request with AWS Signature Version 4: (status, body of the answer).

    `path` must need no encoding and have no query.
    """
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    body_hash = hashlib.sha256(body).hexdigest()
    headers = dict(headers or {}, **{
        "host": "127.0.0.1:%d" % port,
        "x-amz-content-sha256": body_hash,
        "x-amz-date": now,
    })
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [method, path, ""] + ["%s:%s" % (n, headers[n]) for n in sorted(headers)]
        + ["", names, body_hash])
    scope = "/".join([now[:8], REGION, service, "aws4_request"])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope,
                         hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret_key).encode()
    for part in scope.split("/") + [to_sign]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    headers["authorization"] = (
        "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
        % (access_key, scope, names, key.hex()))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
