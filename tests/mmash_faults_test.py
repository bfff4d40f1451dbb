#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mmash with calls of libc in it failing, while it starts and while it serves.

A call that is made up to 8 times fails each time; of one that is made more often the first 8 fail, and then those at
growing distances up to the last one. At the beginning, and where files are looked at again, each call fails with each
of its errors."""

import ctypes
import gzip
import json
import mmap
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).absolute().parent.parent
sys.path[:0] = [str(ROOT / "tools/mash")]
sys.dont_write_bytecode = True

from mash_testing import PATIENCE, TOOL, Answer, Events, MashTest, wait_for  # noqa: E402
from slurpstats_testing import plain, text, v1, v2  # noqa: E402

FAULTS = os.environ.get("FAULTS", ROOT / "tests/faults.so")
ALL = 8
FORGETFUL = 0.06  # seconds, then the files are looked at again
RECOVERS = ("EINTR", "SHORT")


class Row(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("errors", ctypes.c_int * 4)]


def rows():
    """(name, errors) of each call that can be made to fail."""
    table = (Row * 100).in_dll(ctypes.CDLL(str(FAULTS)), "fault_rows")
    found = []
    while table[len(found)].name is not None:
        row = table[len(found)]
        found.append((row.name.decode(), [error for error in row.errors if error != 0]))
    return found


class Plan:
    """What a server that runs is told about faults (faults.h)."""

    HEAD = struct.Struct("=IIIIii")

    def __init__(self, path, calls):
        self.calls = calls
        self.size = self.HEAD.size + 4 * calls
        path.write_bytes(bytes(self.size))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), self.size)

    def arm(self, call, nth, error):
        self.map[: self.size] = self.HEAD.pack(0, 0, call, nth, error, 0) + bytes(4 * self.calls)
        self.map[0] = 1

    def disarm(self):
        """Returns whether the fault has come."""
        self.map[0] = 0
        return self.map[4] == 1

    def counts(self):
        return struct.unpack_from(f"={self.calls}I", self.map, self.HEAD.size)

    def blocks(self):
        return struct.unpack_from("=i", self.map, 20)[0]


def sample(count):
    nth = 1
    while nth <= count:
        yield nth
        nth += 1 if nth < ALL else 1 + nth // 3
    if count > ALL:
        yield count


class FaultsTest(MashTest):
    def setUp(self):
        super().setUp()
        self.rows = rows()
        self.served = self.folder / "served"
        self.served.mkdir()
        self.publish()
        self.plan = Plan(self.folder / "plan", len(self.rows))
        self.env = {"LD_PRELOAD": str(FAULTS), "FAULT_PLAN": str(self.folder / "plan")}

    def publish(self):
        pid = os.getpid().to_bytes(4, sys.byteorder)
        many = [plain(f"many.{i}", "I", i) for i in range(70)]
        self.put("served/a.mmstats", v1(plain("x", "I", 1), text("t", "text" * 3000), *many))
        self.put("served/b.mmstats", v2(("x", 10, 0, b"\2"), ("x", 96, 0, b"unit=a\\nb"), ("sys.pid", 17, 0, pid)))

    def name(self, call, nth, error):
        return f"{self.rows[call][0]} number {nth}: {'cut short' if error < 0 else os.strerror(error)}"

    # --- the beginning ------------------------------------------------------------------------------------------------

    def begin(self, call, nth, error):
        """Starts one. Returns whether the fault has come before it served, or before it ended."""
        local = self.folder / "socket"
        self.plan.arm(call, nth, error)
        server = subprocess.Popen(
            [TOOL, "--listen", "127.0.0.1:0", "--listen", f"unix:{os.path.relpath(local, self.folder)}", "served"],
            env={"PATH": os.environ["PATH"], "MMSTATS_PATH": str(self.folder), **self.env},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder,
        )  # fmt: skip
        try:
            line = server.stdout.readline()
            injected = self.plan.disarm()
            if line:
                self.assertTrue(line.startswith(b"listening on http://127.0.0.1:"), line)
                self.check_served(int(line.rpartition(b":")[2]))
                server.send_signal(signal.SIGTERM)
            _, errors = server.communicate(timeout=PATIENCE)
        finally:
            server.kill()
            server.communicate()
        lines = errors.decode().splitlines()
        if line:
            self.assertEqual(server.returncode, 0, errors)
            self.assertLessEqual(len(lines), 1, errors)
        else:
            self.assertEqual((server.returncode, len(lines)), (1, 1), errors)
        for line in lines:
            self.assertRegex(line, r"^mmash: .*[A-Za-z]")
            self.assertNotIn("Success", line)
        self.assertLessEqual(set(os.listdir(self.folder)), {"plan", "served", "socket"}, "what is left")
        return injected

    def check_served(self, port):
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.sendall(b"GET /stats/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        self.assertIn(json.loads(answer.rpartition(b"\r\n\r\n")[2]), ({"x": [1, 2]}, {"x": [1]}, {"x": [2]}, {}))

    def test_beginning(self):
        self.begin(0, 0, 0)
        counts = self.plan.counts()
        injected = 0
        for call, (_, errors) in enumerate(self.rows):
            for error in errors:
                for nth in sample(counts[call]):
                    with self.subTest(self.name(call, nth, error)):
                        injected += self.begin(call, nth, error)
        self.assertGreater(injected, 100)

    # --- requests -----------------------------------------------------------------------------------------------------

    def serve(self, *arguments):
        return self.start("served", *arguments, env=self.env)

    @staticmethod
    def ask_page(path, **headers):
        def ask(server):
            answer = server.ask(path, headers=headers)
            if answer.headers.get("Content-Encoding") == "gzip":  # where there was memory for that
                answer.body = gzip.decompress(answer.body)
            return answer.status, answer.body if answer.status < 400 else answer.json()

        return ask

    @staticmethod
    def ask_files(server):
        """Those that are there; when they could not be looked at again, it says so beside them, for a moment."""
        answer = server.ask("/files/")
        return answer.status, answer.json()["files"] if answer.status == 200 else answer.json()

    @staticmethod
    def ask_events(server):
        """The catalog, without what changes, and the first values."""
        connection = server.connect()
        try:
            connection.request("GET", "/events?every=50&field=x&field=t")
            response = connection.getresponse()
            if response.status != 200:
                return response.status, Answer(response).json()
            events = Events.__new__(Events)
            events.connection, events.response = connection, response
            catalog, values = events.next(), events.next()
            if catalog is None or values is None:
                return None  # it has ended
            files = {file["id"]: pathlib.Path(file["path"]).name for file in catalog[1]["files"]}
            fields = [(field["label"], len(field["files"])) for field in catalog[1]["fields"]]
            named = {label: [[files[file], value] for file, value in of] for label, of in values[1]["values"].items()}
            return 200, (list(files.values()), fields, named)
        finally:
            connection.close()

    requests = {
        "stats": ask_page("/stats/"),
        "values": ask_page("/stats/"),
        "sum": ask_page("/stats/x?aggr=sum"),
        "exact": ask_page("/stats/many.5?exact="),
        "files": ask_files,
        "numbers": ask_page("/2/?q=*"),
        "metrics": ask_page("/metrics"),
        "packed": ask_page("/metrics", **{"Accept-Encoding": "gzip"}),
        "events": ask_events,
        "page": ask_page("/"),
        "redirect": ask_page("/stats"),
        "none": ask_page("/none"),
    }

    def ask(self, request, server):
        """Status and what was said; None: the connection was closed."""
        try:
            return request(server)
        except (OSError, EOFError, AssertionError) as error:
            if isinstance(error, AssertionError):
                raise
            return None
        except Exception as error:  # http.client's
            self.assertEqual(type(error).__module__, "http.client", error)
            return None

    def ask_under(self, server, request, call, nth, error):
        """Returns whether the fault has come, and the answer, which is one of failure or None when it is not right."""
        self.plan.arm(call, nth, error)
        answer = self.ask(request, server)
        return self.plan.disarm(), answer

    def check(self, answer, right):
        if answer is None or answer in right:
            return
        self.assertIn(answer[0], (500, 503))
        self.assertEqual(list(answer[1]), ["error"])

    def faults(self, counts, errors=4):
        for call, (_, all_errors) in enumerate(self.rows):
            for error in all_errors[:errors]:
                for nth in sample(counts[call]):
                    yield call, nth, error

    def possessions(self, server):
        """Descriptors, and blocks of memory."""
        return len(os.listdir(f"/proc/{server.process.pid}/fd")), self.plan.blocks()

    def at_rest(self, server):
        """Its possessions, when they do not change any more."""
        seen = []

        def same():
            seen.append(self.possessions(server))
            return len(set(seen[-5:])) == 1 and len(seen) >= 5

        wait_for(lambda: time.sleep(0.05) or same())
        return seen[-1]

    def test_requests(self):
        """Of all sorts, each with every call failing."""
        server = self.serve("--timeout", "3")
        right, counts, injected = {}, {}, 0
        for name, request in self.requests.items():
            right[name] = [self.ask(request, server)]
            self.assertIsNotNone(right[name][0], name)
            self.ask_under(server, request, 0, 0, 0)
            counts[name] = self.plan.counts()
        before = self.at_rest(server)
        for name, request in self.requests.items():
            for call, nth, error in self.faults(counts[name], 2):
                with self.subTest(request=name, fault=self.name(call, nth, error)):
                    there, answer = self.ask_under(server, request, call, nth, error)
                    injected += there
                    self.check(answer, right[name])
                    self.assertIn(self.ask(request, server), right[name], "the next one")
        self.assertGreater(injected, 200)
        wait_for(lambda: self.possessions(server) == before)
        self.assertEqual(server.end(), 0)
        self.assertRegex(server.stderr(), r"^mmash: cannot accept connections: Too many open files .*\n$")

    def test_files_that_are_looked_at_again(self):
        """There are new ones, which are opened while a call fails."""
        server = self.serve("--timeout", "3")
        request = self.requests["sum"]
        right = [self.ask(request, server)]
        self.assertEqual(json.loads(right[0][1]), {"x": 3})
        time.sleep(FORGETFUL)
        self.publish()
        self.ask_under(server, request, 0, 0, 0)
        counts = self.plan.counts()
        before, injected = self.at_rest(server), 0
        for call, nth, error in self.faults(counts):
            with self.subTest(self.name(call, nth, error)):
                self.publish()
                time.sleep(FORGETFUL)
                there, answer = self.ask_under(server, request, call, nth, error)
                injected += there
                part = [(200, b'{"x": 1}\n'), (200, b'{"x": 2}\n')]  # of the file that could be opened
                self.check(answer, right + part)
                wait_for(lambda: self.ask(request, server) in right)
        self.assertGreater(injected, 100)
        wait_for(lambda: self.possessions(server) == before)
        self.assertEqual(server.end(), 0)

    def test_connections_that_are_closed_without_a_word(self):
        """libmicrohttpd does so when it has no memory for one: it makes room for the next one all the same."""
        server = self.serve("--connections", "2", "--timeout", "1")
        request = self.requests["page"]
        right = [self.ask(request, server)]
        self.ask_under(server, request, 0, 0, 0)
        for call, nth, error in self.faults(self.plan.counts(), 1):
            if self.rows[call][0] in ("malloc", "calloc", "mmap"):
                with self.subTest(self.name(call, nth, error)):
                    self.check(self.ask_under(server, request, call, nth, error)[1], right)
        self.assertIn(self.ask(request, server), right)


if __name__ == "__main__":
    unittest.main()
