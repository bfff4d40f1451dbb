#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How mmash is started, where it listens, how many it serves, what it says about itself, and how it ends."""

import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import re
import resource
import signal
import socket
import stat
import sys
import tempfile
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from mash_testing import PATIENCE, ROOT, Answer, MashTest, wait_for  # noqa: E402
from slurpstats_testing import plain, v1  # noqa: E402


def lose_privileges():
    """In the child, before it executes: root loses what lets it read everything."""
    drop_bounding, dac_override, dac_read_search = 24, 1, 2
    for right in (dac_override, dac_read_search):
        ctypes.CDLL(None).prctl(drop_bounding, right)


class LocalConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


class LifeTest(MashTest):
    # --- usage -------------------------------------------------------------------------------------------------------

    def test_usage_errors(self):
        for arguments in (["--listen", "x"], ["--listen", "127.0.0.1"], ["--listen", "127.0.0.1:x"],
                          ["--listen", ":5002"],
                          ["--listen", "127.0.0.1:65536"], ["--listen", "example.com:80"], ["--listen", "::1:80"],
                          ["--listen", "[::1]"], ["--listen", "[127.0.0.1]:1"], ["--listen", "unix:"], ["--listen", ""],
                          ["--listen", "unix:" + "x" * 200], ["--listen", "127.0.0.1:-1"], ["--listen", "127.0.0.1:"],
                          ["--connections", "0"], ["--connections", "x"], ["--connections", "10001"],
                          ["--timeout", "0"], ["--timeout", "3601"], ["--timeout", "1.5"],
                          ["--connections", "-1"], ["--connections", "99999999999"], ["--kind", "x"],
                          ["--kind", "=gauge"],
                          ["--kind", "x=nonsense"], ["--kind", "x="], ["--kind", "x=histogram"], ["--host", ""],
                          ["--host", "a:80"], ["--host", "x" * 254], ["--host", "http://a/"], ["--nonsense"],
                          ["--byte-order", "x"]):  # fmt: skip
            result = self.run_tool(*arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
            self.assertIn("mmash: ", result.stderr)

    def test_help(self):
        result = self.run_tool("--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        manual = (ROOT / "tools/mmash.1.scd").read_text()
        options = set(re.findall(r"--[a-z-]+", result.stdout))
        self.assertTrue({"--listen", "--glob", "--host", "--kind", "--per-process", "--no-self"} <= options)
        self.assertEqual(options, set(re.findall(r"--[a-z-]+", manual)))
        self.assertRegex(self.run_tool("--version").stdout, r"^mmash \(mmstats\) \d")

    def test_prometheus_config(self):
        result = self.run_tool("--print-prometheus-config")
        self.assertEqual(result.returncode, 0)
        self.assertIn("127.0.0.1:5002", result.stdout)
        for listen in ("[::1]:81", "192.0.2.7:82"):
            result = self.run_tool("--print-prometheus-config", "--listen", "unix:x", "--listen", listen)
            self.assertIn(f"'{listen}'", result.stdout)
        result = self.run_tool("--print-prometheus-config", "--listen", "0.0.0.0:83", "--host", "metrics.example")
        self.assertIn("metrics.example:83", result.stdout)
        for listen in ("127.0.0.1:0", "unix:/tmp/x"):
            result = self.run_tool("--print-prometheus-config", "--listen", listen)
            self.assertEqual((result.returncode, result.stdout), (2, ""), listen)

    # --- where it listens --------------------------------------------------------------------------------------------

    def test_port_taken(self):
        server = self.start()
        result = self.run_tool("--listen", f"127.0.0.1:{server.port}")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertRegex(result.stderr, r"^mmash: 127.0.0.1:\d+: cannot listen there: Address already in use \(choose")
        self.assertEqual(len(result.stderr.splitlines()), 1)
        result = self.run_tool("--listen", "192.0.2.7:0")  # not an address of this machine
        self.assertEqual(result.returncode, 1)
        self.assertIn("Cannot assign requested address", result.stderr)

    def test_port_is_free_again_at_once(self):
        server = self.start()
        server.get("/stats/")
        port = server.port
        self.assertEqual(server.end(), 0)
        again = self.start(listen=("--listen", f"127.0.0.1:{port}"))
        self.assertEqual((again.port, again.get("/stats/")), (port, {"stats": []}))

    def short_path(self):
        """The path of a socket has 107 bytes at most."""
        folder = tempfile.TemporaryDirectory(dir="/tmp")
        self.addCleanup(folder.cleanup)
        return folder.name + "/socket"

    def test_several_addresses(self):
        self.put("a.mmstats", v1(plain("x", "I", 1)))
        path = self.short_path()
        server = self.start(listen=("--listen", "127.0.0.1:0", "--listen", "localhost:0", "--listen", f"unix:{path}"))
        self.assertRegex(server.addresses[1], r"^http://127.0.0.1:\d+$")
        self.assertEqual(server.addresses[2], f"unix:{path}")
        self.assertEqual(server.get("/stats/x"), {"x": [1]})
        server.port = int(server.addresses[1].rpartition(":")[2])
        self.assertEqual(server.get("/stats/x"), {"x": [1]})

    def ask_local(self, path, page="/stats/x", **headers):
        connection = LocalConnection(path)
        self.addCleanup(connection.close)
        connection.request("GET", page, headers=headers)
        return Answer(connection.getresponse())

    def test_unix_socket(self):
        self.put("a.mmstats", v1(plain("x", "I", 1)))
        path = self.short_path()
        self.addCleanup(os.umask, os.umask(0))  # not the caller's umask keeps others out
        server = self.start(listen=("--listen", f"unix:{path}"))
        self.assertEqual(self.ask_local(path).json(), {"x": [1]})
        self.assertEqual(self.ask_local(path, Host="evil.example").status, 421)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        # A live server keeps its socket.
        result = self.run_tool("--listen", f"unix:{path}")
        self.assertEqual(result.returncode, 1)
        self.assertIn("a server runs there", result.stderr)
        self.assertEqual(self.ask_local(path).json(), {"x": [1]})
        # A dead one's is taken over.
        server.end(signal.SIGKILL)
        self.assertTrue(os.path.exists(path))
        server = self.start(listen=("--listen", f"unix:{path}"))
        self.assertEqual(self.ask_local(path).json(), {"x": [1]})
        self.assertEqual(server.end(), 0)
        self.assertFalse(os.path.exists(path))
        # One whose place another one has leaves that there when it ends.
        first = self.start(listen=("--listen", f"unix:{path}"))
        os.unlink(path)
        server = self.start(listen=("--listen", f"unix:{path}"))
        self.assertEqual(first.end(), 0)
        self.assertEqual(self.ask_local(path).json(), {"x": [1]})
        self.assertEqual(server.end(), 0)
        # What is no socket is left alone.
        pathlib.Path(path).write_text("precious")
        self.assertEqual(self.run_tool("--listen", f"unix:{path}").returncode, 1)
        self.assertEqual(pathlib.Path(path).read_text(), "precious")

    def test_directories_that_are_none(self):
        self.put("a.mmstats", v1(plain("x", "I", 1)))
        server = self.start("none", "a.mmstats", ".")
        self.assertEqual(server.get("/stats/x"), {"x": [1]})
        self.assertEqual(
            server.stderr(),
            "mmash: none: No such file or directory\nmmash: a.mmstats: is no directory (--glob takes files)\n",
        )

    def test_directory_that_cannot_be_read(self):
        self.put("a.mmstats", v1(plain("x", "I", 1)))
        (self.folder / "closed").mkdir(0o300)
        server = self.start("closed", ".", preexec_fn=lose_privileges)
        self.assertEqual(server.get("/stats/x"), {"x": [1]})
        self.assertEqual(server.stderr(), "mmash: closed: Permission denied\n")

    def test_its_own_file_by_two_names(self):
        for where in ([], ["."], [str(self.folder) + "/"], ["--glob", "./*.mmstats"], ["--glob", "none"],
                      [".", "./", str(self.folder)], [".", "--glob", "*.mmstats"]):  # fmt: skip
            server = self.start(*where, own=True)
            self.assertEqual(len(server.get("/stats/mmash.requests")["mmash.requests"]), 1, where)
            self.assertEqual(server.get("/stats/mmash.files?exact=&aggr=sum"), {"mmash.files": 1}, where)
            self.assertEqual(server.end(), 0)

    # --- how many ----------------------------------------------------------------------------------------------------

    def test_bounded_connections_and_time_outs(self):
        """Those that do nothing, or do not get on, are closed, and make room for one that waits."""
        server = self.start("--connections", "4", "--timeout", "2")
        idle = [server.socket() for _ in range(4)]
        for connection in idle:
            self.addCleanup(connection.close)
        idle[1].sendall(b"GET /stats/ HTTP/1.1\r\nHost: local")
        idle[2].sendall(b"GET /stats/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertIn(b"stats", idle[2].recv(4096))  # it has been taken in
        self.assertEqual(server.get("/stats/"), {"stats": []})
        for connection in idle:
            try:
                while connection.recv(4096):
                    pass
            except ConnectionResetError:
                pass

    def dribble(self, connection, data):
        """Sends a byte now and then, for ever. Returns what came back when the server had enough."""
        connection.settimeout(0.1)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                connection.sendall(data[:1])
                data = data[1:] or b"x"
                answer = connection.recv(65536)
            except TimeoutError:
                continue
            except OSError:  # closed before what it said was taken
                return b""
            return answer
        raise AssertionError("it waits for ever")

    def test_requests_that_never_end(self):
        """A client that sends something now and then holds no connection."""
        server = self.start("--timeout", "1")
        whole = b"GET /stats/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
        statuses = set()
        for before, data in ((b"", b"GET /" + 100000 * b"x"), (b"", whole[:-2] + b"X: " + 100000 * b"x"),
                             (whole, b"GET /" + 100000 * b"x")):  # fmt: skip
            with server.socket() as connection:
                if before:
                    connection.sendall(before)
                    self.assertIn(b'{"stats": []}', connection.recv(65536))
                answer = self.dribble(connection, data)
                if answer:
                    statuses.add(answer.split(b" ")[1])
                    self.assertEqual(list(json.loads(answer.partition(b"\r\n\r\n")[2])), ["error"])
        self.assertEqual(statuses, {b"408"})
        with server.socket() as connection:  # a body is not waited for
            connection.sendall(whole[:-2] + b"Content-Length: 100000\r\n\r\n")
            self.assertIn(b'{"stats": []}', connection.recv(65536))
            self.assertEqual(self.dribble(connection, b"x"), b"")
        self.assertEqual(server.get("/stats/"), {"stats": []})

    def test_many_connections(self):
        self.put("a.mmstats", v1(plain("x", "I", 1)))
        server = self.start("--connections", "20")
        connections = [server.connect() for _ in range(100)]
        for connection in connections:  # most of them wait in the kernel
            self.addCleanup(connection.close)
            connection.request("GET", "/stats/x", headers={"Connection": "close"})
        for connection in connections:
            self.assertEqual(Answer(connection.getresponse()).json(), {"x": [1]})

    def test_too_few_descriptors(self):
        """Whoever is told so learns what to do."""
        hint = "Too many open files (raise `ulimit -n`; of a service, LimitNOFILE= in its unit)"
        server = self.start(own=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24)))
        events = self.events(server, "?every=50&field=mmash.refresh.errors")
        events.until("catalog")
        for i in range(30):
            self.put(f"{i}.mmstats", v1(plain("x", "I", 1)))
        events.until("catalog", lambda catalog: {file["error"] for file in catalog["files"]} == {None, hint})
        events.until("catalog", lambda catalog: catalog["error"] == hint)  # there is none left to list the directory
        errors = events.until("values", lambda data: "mmash.refresh.errors" in data["values"])["values"]
        self.assertGreater(errors["mmash.refresh.errors"][0][1], 0)
        with contextlib.ExitStack() as stack:
            for _ in range(8):
                stack.enter_context(server.socket())
            wait_for(lambda: server.stderr())
        self.assertEqual(server.stderr(), f"mmash: cannot accept connections: {hint}\n")
        self.assertEqual(server.end(), 0)
        options = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))}
        result = self.run_tool("--listen", "127.0.0.1:0", **options)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn(hint, result.stderr)

    # --- itself ------------------------------------------------------------------------------------------------------

    def test_metrics_of_its_own(self):
        server = self.start(own=True)
        (file,) = server.get("/files/")["files"]
        self.assertTrue(os.path.exists(file))
        server.ask("/none")
        got = server.get("/stats/mmash.")
        self.assertEqual((got["mmash.requests"], got["mmash.errors"], got["mmash.files"]), ([2], [1], [1]))
        self.assertGreater(got["mmash.answer"][0], 0)
        self.assertEqual(server.end(), 0)
        self.assertFalse(os.path.exists(file))

    def test_its_file_is_served_wherever_it_is(self):
        (self.folder / "other").mkdir()
        server = self.start(str(self.folder / "other"), own=True)
        self.assertEqual(len(server.get("/stats/mmash.requests")["mmash.requests"]), 1)

    def test_no_metrics_of_its_own(self):
        server = self.start()
        self.assertEqual(server.get("/files/"), {"files": []})
        self.assertEqual(os.listdir(self.folder), [])
        server = self.start(own=True, env={"MMSTATS_DISABLE": "1"})
        self.assertEqual((server.get("/files/"), server.stderr()), ({"files": []}, ""))
        server = self.start(own=True, env={"MMSTATS_PATH": "/proc/none"})
        self.assertEqual(server.get("/files/"), {"files": []})
        self.assertIn("no metrics of its own: ", server.stderr())

    def test_files_that_cannot_be_looked_for(self):
        """What was there is served on, and whoever asks is told."""
        self.put("served/a.mmstats", v1(plain("x", "I", 1)))
        served, aside = self.folder / "served", self.folder / "aside"
        server = self.start("served")
        events = self.events(server, "?every=50&field=x")
        self.assertIsNone(events.until("catalog")["error"])
        before = server.get("/files/")
        self.assertEqual(list(before), ["files"])
        served.rename(aside)
        served.symlink_to("served")
        error = "Too many levels of symbolic links"
        paths = {file["path"] for file in events.until("catalog", lambda catalog: catalog["error"] == error)["files"]}
        self.assertIn(str(served / "a.mmstats"), paths)
        self.assertEqual(wait_for(lambda: len(server.get("/files/")) > 1 and server.get("/files/"))["error"], error)
        self.assertEqual(server.get("/stats/x"), {"x": [1]})
        served.unlink()
        aside.rename(served)
        self.assertIsNone(events.until("catalog", lambda catalog: catalog["error"] is None)["error"])
        self.assertEqual(wait_for(lambda: server.get("/files/") == before), True)

    def test_kinds(self):
        self.put("a.mmstats", v1(plain("web.a", "I", 1), plain("web.b", "I", 2), plain("x", "I", 2)))
        server = self.start("--kind", "web.a=gauge", "--kind", "web.*=counter")
        fields = self.events(server).until("catalog")["fields"]
        self.assertEqual([field["kind"] for field in fields], ["gauge", "counter", "unknown"])

    # --- its end -----------------------------------------------------------------------------------------------------

    def test_ends_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            server = self.start(own=True)
            kept = server.connect()
            self.addCleanup(kept.close)
            kept.request("GET", "/stats/")
            kept.getresponse().read()
            self.assertEqual(server.end(number), 0)
            self.assertEqual(server.stderr(), "")
            self.assertEqual(os.listdir(self.folder), [])

    def test_output_that_nobody_reads(self):
        server = self.start()
        server.process.stdout.close()
        self.assertEqual(server.get("/stats/"), {"stats": []})
        self.assertEqual(server.end(), 0)


if __name__ == "__main__":
    unittest.main()
