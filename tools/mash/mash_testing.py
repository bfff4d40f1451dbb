# SPDX-License-Identifier: MIT
"""What the tests of mmash share: a server that runs, and ways to ask it."""

import http.client
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).absolute().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools")]
sys.dont_write_bytecode = True
TOOL = os.environ.get("MMASH", ROOT / "tools/mmash")
PATIENCE = 60  # seconds until something that should happen soon counts as failed; sanitizers are slow


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError("waited in vain")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = dict(response.getheaders())
        self.body = response.read()

    def json(self):
        """Of what is strictly JSON: no NaN, no key twice."""

        def once(pairs):
            keys = [key for key, _ in pairs]
            assert len(set(keys)) == len(keys), keys
            return dict(pairs)

        def refuse(name):
            raise AssertionError(name)

        assert self.headers["Content-Type"] == "application/json", self.headers
        return json.loads(self.body.decode(), object_pairs_hook=once, parse_constant=refuse)


class Server:
    def __init__(self, folder, *arguments, listen=("--listen", "127.0.0.1:0"), env=None, preexec_fn=None):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [TOOL, *listen, *arguments],
            env={"PATH": os.environ["PATH"], "MMSTATS_PATH": str(folder), **(env or {})},
            stdout=subprocess.PIPE,
            stderr=self.errors,
            cwd=folder,
            bufsize=0,
            preexec_fn=preexec_fn,
        )
        self.addresses = [self.line() for _ in range(max(1, listen.count("--listen")))]
        first = next((address for address in self.addresses if address.startswith("http")), None)
        if first:
            host, _, port = first.removeprefix("http://").rpartition(":")
            self.host, self.port = host.strip("[]"), int(port)

    def line(self):
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline().decode() if ready else "nothing"
        assert line.startswith("listening on "), f"{line!r} {self.stderr()}"
        return line.strip().removeprefix("listening on ")

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read().decode()

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)

    def ask(self, path, method="GET", headers=None, body=None):
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers=headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path):
        answer = self.ask(path)
        assert answer.status == 200, (path, answer.status, answer.body)
        return answer.json()

    def socket(self):
        return socket.create_connection((self.host, self.port), PATIENCE)

    def raw(self, data):
        """All that comes back for these bytes."""
        with self.socket() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            return answer

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def clean_up(self):
        if self.process.poll() is None:
            self.end(signal.SIGKILL)
        self.process.stdout.close()
        self.errors.close()


class Events:
    """A stream: iterate over (event, data)."""

    def __init__(self, server, query):
        self.connection = server.connect()
        self.connection.request("GET", "/events" + query)
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()
        assert self.response.getheader("Content-Type") == "text/event-stream"

    def next(self):
        """None: the server has ended it, in order."""
        lines = []
        while (line := self.response.readline()) not in (b"\n", b""):
            lines.append(line.decode().rstrip("\n"))
        if not lines:
            return None
        assert len(lines) == 2 and lines[0].startswith("event: ") and lines[1].startswith("data: "), lines
        return lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "), parse_constant=int)

    def until(self, event, holds=lambda data: True):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            got = self.next()
            assert got is not None, "the stream has ended"
            if got[0] == event and holds(got[1]):
                return got[1]
        raise AssertionError("waited in vain")

    def close(self):
        self.response.close()
        self.connection.close()


class MashTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def put(self, name, data):
        """Makes a file as writers do: it has its name when it is whole."""
        path = self.folder / os.fsdecode(name)
        path.parent.mkdir(exist_ok=True)
        hidden = path.with_name(".new")
        hidden.write_bytes(data)
        hidden.rename(path)
        return str(path)

    def start(self, *arguments, **options):
        if not options.pop("own", False):
            arguments = ("--no-self", *arguments)
        server = Server(self.folder, *arguments, **options)
        self.addCleanup(server.clean_up)
        return server

    def events(self, server, query=""):
        events = Events(server, query)
        self.addCleanup(events.close)
        return events

    def run_tool(self, *arguments, env=None, preexec_fn=None):
        return subprocess.run(
            [TOOL, *arguments],
            env={"PATH": os.environ["PATH"], "MMSTATS_PATH": str(self.folder), **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
            check=False,
            text=True,
            preexec_fn=preexec_fn,
        )
