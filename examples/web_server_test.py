#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""web_server from outside: its answers, its metrics, how it starts and how it ends.

    web_server_test.py WEB_SERVER DECODER

The metrics are read with the decoder of spec/, which shares no code with the library.
"""

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
from concurrent.futures import ThreadPoolExecutor

SERVER = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.dirname(sys.argv[2]))
from decoder import decode  # noqa: E402

PATIENCE = 60  # seconds until something that should happen soon counts as failed; sanitizers are slow


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError("waited in vain")


class Server:
    """A server that runs, with a directory of its own for metrics."""

    def __init__(self, *args, **environment):
        self.directory = tempfile.mkdtemp(dir=os.environ["TEST_TMPDIR"])
        self.errors = tempfile.TemporaryFile()
        env = {k: v for k, v in os.environ.items() if not k.startswith("MMSTATS_")}
        env.update({"MMSTATS_PATH": self.directory}, **environment)
        self.process = subprocess.Popen(
            [SERVER, "--port", "0", *args], env=env, stdout=subprocess.PIPE, stderr=self.errors
        )
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline().decode() if ready else "nothing"
        assert line.startswith("listening on http://"), f"{line!r} {self.stderr()}"
        host, _, port = line.strip().removeprefix("listening on http://").rpartition(":")
        self.host, self.port = host.strip("[]"), int(port)

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)

    def ask(self, path, method="GET", body=None):
        connection = self.connect()
        try:
            connection.request(method, path, body=body)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read().decode()
        finally:
            connection.close()

    def files(self):
        """Those that readers look for. A file that is being made has another name."""
        return sorted(str(path) for path in pathlib.Path(self.directory).glob("*.mmstats"))

    def left(self):
        return os.listdir(self.directory)

    def decode(self):
        """label -> value, per file, as the oracle sees the files."""
        decoded = [decode(pathlib.Path(path).read_bytes()) for path in self.files()]
        assert not any(file["errors"] for file in decoded), decoded
        return [{field["label"]: field["value"] for field in file["fields"]} for file in decoded]

    def sums(self, label):
        return sum(file[label] for file in self.decode())

    def settled(self):
        """Waits until no request is under way: an answer can arrive before the thread that sent it says so."""
        wait_for(lambda: self.sums("web.in_flight") == 0)

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read().decode()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return status

    def clean_up(self):
        if self.process.poll() is None:
            self.end(signal.SIGKILL)
        self.errors.close()


class WebServer(unittest.TestCase):
    def start(self, *args, **environment):
        server = Server(*args, **environment)
        self.addCleanup(server.clean_up)
        return server

    def test_counts_what_it_answers(self):
        server = self.start("--threads", "4")
        requests = (["/"] * 40 + ["/bad"] * 15 + ["/none"] * 10 + ["/slow?ms=20"] * 20 + ["/slow?ms=x"] * 5) * 2
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(server.ask, requests))
        expected = {
            "web.ok": 120,
            "web.bad": 60,
            "web.status.200": 120,
            "web.status.400": 10,
            "web.status.404": 20,
            "web.status.405": 0,
            "web.status.500": 30,
            "web.bytes": sum(len(body) for _, _, body in answers),
        }
        self.assertEqual(sum(status == 200 for status, _, _ in answers), 120)
        server.settled()

        files = server.decode()
        self.assertTrue(1 <= len(files) <= 4, len(files))
        for label, value in expected.items():
            self.assertEqual(sum(file[label] for file in files), value, label)
        self.assertEqual({file["sys.pid"] for file in files}, {server.process.pid})
        self.assertEqual(len({file["sys.tid"] for file in files}), len(files))

        status, headers, body = server.ask("/status")
        self.assertEqual((status, headers["Content-Type"]), (200, "application/json"))
        document = json.loads(body)
        metrics = document.pop("metrics")
        # The request that asks may run in a thread that had none before.
        self.assertIn(document.pop("files") - len(files), (0, 1))
        self.assertEqual(document, {"pid": server.process.pid, "unreadable": 0, "busy": 0})
        for label, value in expected.items():
            self.assertEqual(metrics[label], value, label)
        # The request for /status itself is one that is under way.
        self.assertEqual((metrics["web.in_flight"], metrics["web.working"]), (1, 1))
        times = [file["web.request"] for file in files if file["web.request"]]
        self.assertAlmostEqual(metrics["web.request"], sum(times) / len(times), places=12)
        self.assertGreater(metrics["web.request"], 0.001)
        # Nothing that has no sum: no texts, no process IDs.
        self.assertEqual(set(metrics), set(expected) | {"web.in_flight", "web.working", "web.request"})

        # Counted after it was answered.
        self.assertEqual(server.sums("web.ok"), 121)
        self.assertEqual(server.end(), 0)
        self.assertEqual(server.stderr(), "")

    def test_threads_answer_at_the_same_time(self):
        server = self.start("--threads", "3")

        def several():
            with ThreadPoolExecutor(12) as pool:
                list(pool.map(server.ask, ["/slow?ms=50"] * 12))
            return len(server.files()) > 1

        wait_for(several)
        self.assertLessEqual(len(server.files()), 3)

    def test_shows_work_while_it_is_done(self):
        server = self.start("--threads", "2")
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(server.ask, "/slow?ms=3000")
            wait_for(lambda: server.files())
            busy = wait_for(lambda: [file for file in server.decode() if file["web.working"]])
            self.assertEqual(len(busy), 1)
            self.assertEqual(busy[0]["web.in_flight"], 1)
            self.assertEqual(busy[0]["web.last_path"], "/slow")
            self.assertEqual(busy[0]["web.ok"], 0)
            self.assertEqual(answer.result()[0], 200)
        server.settled()
        (after,) = [file for file in server.decode() if file["sys.tid"] == busy[0]["sys.tid"]]
        self.assertEqual((after["web.working"], after["web.ok"]), (False, 1))
        self.assertGreaterEqual(after["web.request"], 3)

    def test_one_thread(self):
        server = self.start("--threads", "1")
        with ThreadPoolExecutor(8) as pool:
            self.assertEqual({status for status, _, _ in pool.map(server.ask, ["/"] * 50)}, {200})
        self.assertEqual(len(server.files()), 1)
        self.assertEqual(server.sums("web.ok"), 50)
        self.assertEqual(server.end(), 0)

    def test_one_connection_many_requests(self):
        server = self.start()
        connection = server.connect()
        for _ in range(30):
            connection.request("GET", "/")
            self.assertEqual(connection.getresponse().read()[:9], b"<!DOCTYPE")
        # Still open: it does not keep the server from ending.
        self.assertEqual(server.sums("web.ok"), 30)
        self.assertEqual(server.end(), 0)
        connection.close()

    def test_methods(self):
        server = self.start()
        _, get, _ = server.ask("/")
        status, head, body = server.ask("/", "HEAD")
        self.assertEqual((status, head["Content-Length"], body), (200, get["Content-Length"], ""))
        server.settled()
        self.assertEqual(server.sums("web.bytes"), int(get["Content-Length"]))
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "get", "MADE-UP"):
            status, headers, _ = server.ask("/", method, b"x" * 100000 if method == "POST" else None)
            self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"), method)
        self.assertEqual(server.sums("web.status.405"), 6)

    def test_pages(self):
        server = self.start()
        for path, expected in {
            "/": 200, "/?q": 200, "/slow": 200, "/slow?ms=0": 200, "/slow?ms=5001": 400, "/slow?ms=-1": 400,
            "/slow?ms=": 400, "/slow?ms=1x": 400, "/slow?ms=99999999999999999999": 400, "/bad": 500, "/Bad": 404,
            "/status": 200, "/status/": 404, "//": 404, "/../etc/passwd": 404, "/" + "x" * 9000: 404,
        }.items():  # fmt: skip
            status, headers, _ = server.ask(path)
            self.assertEqual(status, expected, path)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")

    def test_escapes_what_it_echoes(self):
        server = self.start()
        status, headers, body = server.ask("/%3Cscript%3E%22%27%26%25%0a%1b%E2%80%AE%FF%41")
        self.assertEqual((status, headers["Content-Type"]), (404, "text/html; charset=utf-8"))
        self.assertIn("no page /%3Cscript%3E%22%27%26%25%0A%1B%E2%80%AE%FFA<", body)
        _, _, body = server.ask("/slow?ms=%3Cscript%3E")
        self.assertIn("%3Cscript%3E<", body)

    def test_survives_nonsense(self):
        server = self.start()
        for nonsense in (b"", b"\r\n\r\n", b"GET\r\n\r\n", b"\xff\x00" * 5000, b"GET / HTTP/1.1\r\n",
                         b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\n\r\n"):  # fmt: skip
            with socket.create_connection((server.host, server.port)) as connection:
                try:
                    connection.sendall(nonsense)
                    connection.settimeout(0.5)
                    while connection.recv(4096):
                        pass
                except OSError:
                    pass  # reset by the server, and rightly so; or it waits for more
        # A client that does not wait for its answer.
        with socket.create_connection((server.host, server.port)) as connection:
            connection.sendall(b"GET /slow?ms=50 HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(server.ask("/")[0], 200)
        server.settled()
        self.assertEqual(server.end(), 0)

    def test_ends_when_told_to(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.start()
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(server.ask, ["/"] * 20))
            self.assertTrue(server.files())
            self.assertEqual(server.end(number), 0)
            self.assertEqual(server.left(), [])
            self.assertEqual(server.stderr(), "")

    def test_ends_before_any_request(self):
        server = self.start()
        self.assertEqual(server.end(), 0)
        self.assertEqual(server.left(), [])

    def test_answers_before_it_ends(self):
        server = self.start()
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(server.ask, "/slow?ms=1000")
            wait_for(lambda: server.files() and server.sums("web.working"))
            self.assertEqual(server.end(), 0)
            self.assertEqual(answer.result()[0], 200)
        self.assertEqual(server.left(), [])

    def test_killed(self):
        server = self.start()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(server.ask, ["/", "/bad"] * 20))
        self.assertEqual(server.end(signal.SIGKILL), -signal.SIGKILL)
        self.assertTrue(server.files())
        self.assertEqual((server.sums("web.ok"), server.sums("web.bad")), (20, 20))

    def test_goes_on_without_metrics(self):
        server = self.start("--threads", "3", MMSTATS_PATH="/nonexistent/directory")
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(server.ask, ["/slow?ms=20"] * 30))
        self.assertEqual({status for status, _, _ in answers}, {200})
        status, _, body = server.ask("/status")
        self.assertEqual((status, json.loads(body)["files"], json.loads(body)["metrics"]), (200, 0, {}))
        self.assertEqual(server.end(), 0)
        lines = server.stderr().splitlines()
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("web_server: no metrics: ", lines[0])
        self.assertIn("/nonexistent/directory", lines[0])

    def test_metrics_turned_off(self):
        server = self.start(MMSTATS_DISABLE="1")
        self.assertEqual(server.ask("/")[0], 200)
        self.assertEqual(json.loads(server.ask("/status")[2])["files"], 0)
        self.assertEqual(server.left(), [])
        self.assertEqual(server.end(), 0)
        self.assertEqual(server.stderr(), "")

    def test_a_file_that_goes_away(self):
        server = self.start("--threads", "1")
        server.ask("/")
        os.unlink(server.files()[0])
        status, _, body = server.ask("/status")
        self.assertEqual((status, json.loads(body)["unreadable"]), (200, 1))
        self.assertEqual(server.end(), 0)

    def test_ipv6(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("this machine has no IPv6")
        server = self.start("--address", "::1")
        self.assertEqual(server.ask("/")[0], 200)
        self.assertEqual(server.host, "::1")

    def run_once(self, *args):
        return subprocess.run([SERVER, *args], capture_output=True, text=True, timeout=PATIENCE)

    def test_bad_arguments(self):
        for args in (
            ["--port", "65536"], ["--port", "-1"], ["--port", "http"], ["--port", ""], ["--threads", "0"],
            ["--threads", "65"], ["--threads", "4x"], ["--address", "localhost"], ["--address", "1.2.3.4.5"],
            ["--address", ""], ["--made-up"], ["argument"], ["--port"],
        ):  # fmt: skip
            done = self.run_once(*args)
            self.assertEqual((done.returncode, done.stdout), (2, ""), args)
            self.assertIn("web_server: ", done.stderr)

    def test_cannot_listen(self):
        server = self.start()
        done = self.run_once("--port", str(server.port))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, f"^web_server: cannot listen on 127.0.0.1 port {server.port}: Address already in")
        done = self.run_once("--port", "0", "--address", "192.0.2.1")  # an address that nobody has
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("192.0.2.1", done.stderr)

    def test_cannot_announce(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [SERVER, "--port", "0"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)

    def test_help_and_version(self):
        done = self.run_once("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("--address", "--port", "--threads", "--version"):
            self.assertIn(option, done.stdout)
        done = self.run_once("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^web_server \(mmstats\) \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
