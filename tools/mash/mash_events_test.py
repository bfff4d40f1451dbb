#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""/events of mmash: what there is, what changes, and clients that come, go, or take nothing."""

import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import unittest
import urllib.parse

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from mash_testing import MashTest, wait_for  # noqa: E402
from slurpstats_testing import plain, text, v1, v2  # noqa: E402


class EventsTest(MashTest):
    def store(self, name, data):
        """Changes values in place, as a writer does."""
        with open(self.folder / name, "r+b") as file:
            file.write(data)

    # --- the catalog -------------------------------------------------------------------------------------------------

    def test_catalog(self):
        pid = os.getpid()
        a = self.put("a.mmstats", v1(plain("sys.pid", "I", pid), plain("x", "I", 1), text("t", "x")))
        b = self.put("b.mmstats", v1(plain("x", "I", 2), plain("w.sys.pid", "I", 2**22 + 1)))
        bad = self.put("bad.mmstats", b"\x01\x05\0abcde\x01\0!")
        self.put("c.mmstats", v2())
        server = self.start(own=True)
        kind, catalog = self.events(server).next()
        self.assertEqual(kind, "catalog")
        files = {file["path"]: file for file in catalog["files"]}
        own = str(self.folder / f"mmash-{server.process.pid}-{server.process.pid}.mmstats")
        self.assertEqual(list(files), [a, b, bad, str(self.folder / "c.mmstats"), own])
        ids = [file["id"] for file in catalog["files"]]
        self.assertEqual(len(set(ids)), 5)
        self.assertEqual(
            {key: files[a][key] for key in ("pid", "live", "version", "error")},
            {"pid": pid, "live": "live", "version": 1, "error": None},
        )
        self.assertEqual((files[b]["pid"], files[b]["live"]), (2**22 + 1, "dead"))
        self.assertEqual((files[bad]["pid"], files[bad]["live"]), (None, "unknown"))
        self.assertIn("malformed at byte", files[bad]["error"])
        fields = {field["label"]: field for field in catalog["fields"]}
        self.assertEqual(list(fields), sorted(fields))
        self.assertEqual(
            fields["x"],
            {"label": "x", "type": "u32", "kind": "unknown", "unit": "", "help": "", "numeric": True, "files": ids[:2]},
        )
        requests = fields["mmash.requests"]
        self.assertEqual(
            {key: requests[key] for key in ("type", "kind", "unit", "help", "files")},
            {"type": "u64", "kind": "counter", "unit": "requests", "help": "answered", "files": ids[4:]},
        )
        self.assertEqual((fields["t"]["numeric"], fields["t"]["type"], fields["t"]["files"]), (False, "text", ids[:1]))

    def test_files_come_go_and_die(self):
        self.put("b.mmstats", v1(plain("x", "I", 1)))
        server = self.start()
        events = self.events(server, "?every=50&field=x&field=y")
        first = events.until("catalog")["files"][0]["id"]
        self.assertEqual(events.next()[1]["values"], {"x": [[first, 1]]})
        # One comes.
        child = subprocess.Popen(["sleep", "1000"])
        self.put("a.mmstats", v1(plain("y", "I", 2), plain("sys.pid", "I", child.pid)))
        catalog = events.until("catalog", lambda data: len(data["files"]) == 2)
        second = catalog["files"][0]["id"]
        self.assertEqual([file["id"] for file in catalog["files"]], [second, first])
        self.assertNotEqual(second, first)
        # After a catalog, all values stand there.
        self.assertEqual(events.next()[1]["values"], {"x": [[first, 1]], "y": [[second, 2]]})
        # Its process ends.
        self.assertEqual(catalog["files"][0]["live"], "live")
        child.kill()
        child.wait()
        events.until("catalog", lambda data: data["files"][0]["live"] == "dead")
        # It goes, and another one comes in its place.
        os.unlink(self.folder / "a.mmstats")
        events.until("catalog", lambda data: len(data["files"]) == 1)
        self.put("a.mmstats", v1(plain("y", "I", 3)))
        catalog = events.until("catalog", lambda data: len(data["files"]) == 2)
        third = catalog["files"][0]["id"]
        self.assertNotIn(third, (first, second))
        # One is replaced without a gap.
        self.put("a.mmstats", v1(plain("y", "I", 4)))
        catalog = events.until("catalog", lambda data: data["files"][0]["id"] != third)
        self.assertNotIn(catalog["files"][0]["id"], (first, second))
        self.assertEqual(events.next()[1]["values"], {"x": [[first, 1]], "y": [[catalog["files"][0]["id"], 4]]})
        # A field comes.
        self.put("b.mmstats", v1(plain("x", "I", 1), plain("z", "I", 4)))
        events.until("catalog", lambda data: [field["label"] for field in data["fields"]] == ["x", "y", "z"])

    # --- values ------------------------------------------------------------------------------------------------------

    def test_only_what_changes(self):
        def data(x, y):
            return v1(plain("x", "Q", x), plain("y", "Q", y), text("t", "text"))

        self.put("a.mmstats", data(2**64 - 1, 5))
        self.put("b.mmstats", v1(plain("x", "Q", 7)))
        server = self.start()
        events = self.events(server, "?every=50&field=x&field=y&field=t&field=none&field=x")
        a, b = (file["id"] for file in events.until("catalog")["files"])
        kind, first = events.next()
        self.assertEqual(kind, "values")
        self.assertEqual(first["values"], {"t": [[a, "text"]], "x": [[a, 2**64 - 1], [b, 7]], "y": [[a, 5]]})
        self.assertEqual(events.next()[1]["values"], {})
        self.store("a.mmstats", data(2**64 - 1, 6))
        got = events.until("values", lambda data: data["values"])
        self.assertEqual(got["values"], {"y": [[a, 6]]})
        self.store("a.mmstats", data(1, 6))
        got = events.until("values", lambda data: data["values"])
        self.assertEqual(got["values"], {"x": [[a, 1], [b, 7]]})
        self.assertGreater(got["time"], first["time"])
        self.assertEqual(events.next()[1]["values"], {})

    def test_nan_is_null(self):
        self.put("a.mmstats", v1(plain("x", "d", float("nan"))))
        events = self.events(self.start(), "?every=50&field=x")
        (file,) = events.until("catalog")["files"]
        self.assertEqual(events.next()[1]["values"], {"x": [[file["id"], None]]})

    def test_hostile_labels(self):
        labels = [b"a/b", b"\"</script>", b"nul\0", b"\xff", b"a b+c%&=#?", "\u202e".encode()]
        self.put("a.mmstats", v1(*(plain(label, "I", i) for i, label in enumerate(labels))))
        query = "".join("&field=" + urllib.parse.quote(label, safe="") for label in labels)
        events = self.events(self.start(), "?every=50" + query)
        catalog = events.until("catalog")
        shown = [label.decode(errors="replace") for label in labels]
        self.assertEqual([field["label"] for field in catalog["fields"]], sorted(shown))
        values = events.next()[1]["values"]
        self.assertEqual({label: pairs[0][1] for label, pairs in values.items()}, dict(zip(shown, range(6))))

    def test_nothing_is_asked_for(self):
        self.put("a.mmstats", v1(plain("x", "I", 1)))
        events = self.events(self.start(), "?every=50")
        events.until("catalog")
        self.assertEqual(events.next()[1]["values"], {})

    def test_bad_intervals(self):
        server = self.start()
        for every in ("0", "49", "10001", "x", "", "-50", "1e3", "99999999999999999999", "50.5", "50%00"):
            answer = server.ask(f"/events?every={every}")
            self.assertEqual((answer.status, list(answer.json())), (400, ["error"]), every)
        answer = server.ask("/events?every=50&every=60")
        self.assertEqual(answer.status, 400)

    # --- clients -----------------------------------------------------------------------------------------------------

    def test_head(self):
        server = self.start()
        answer = server.ask("/events?every=50", method="HEAD")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer.headers["Content-Type"], "text/event-stream")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        # A client would take the last chunk of no body for the beginning of the next answer.
        _, _, body = server.raw(b"HEAD /events HTTP/1.1\r\nHost: localhost\r\n\r\n").partition(b"\r\n\r\n")
        self.assertEqual(body, b"")

    def test_many_clients(self):
        self.put("a.mmstats", v1(plain("x", "I", 1)))
        server = self.start("--connections", "16")
        streams = [self.events(server, "?every=50&field=x") for _ in range(12)]
        for events in streams:
            events.until("values", lambda data: data["values"])
        # Three quarters may be streams; the rest can ask.
        answer = server.ask("/events")
        self.assertEqual((answer.status, list(answer.json())), (503, ["error"]))
        self.assertEqual(server.get("/stats/x"), {"x": [1]})
        # Those that go make room: it shows when there is something to send.
        for events in streams[:6]:
            events.close()

        def opens():
            connection = server.connect()
            self.addCleanup(connection.close)
            connection.request("GET", "/events?every=50")
            return connection.getresponse().status == 200

        wait_for(opens)
        for events in streams[6:]:
            events.until("values")

    def test_one_that_takes_nothing_holds_up_nobody(self):
        # Much to send: it does not fit into the buffers between us.
        label = "x" * 60000
        for i in range(20):
            self.put(f"{i:02}.mmstats", v1(*(text(f"{label}{k}", "v" * 200) for k in range(5))))
        server = self.start()
        slow = server.socket()
        self.addCleanup(slow.close)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"GET /events?every=50 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        half = server.socket()  # and one that does not get on with its request
        self.addCleanup(half.close)
        half.sendall(b"GET /stats/ HTTP/1.1\r\nHost: local")
        big = server.socket()  # and one that does not take its answer
        self.addCleanup(big.close)
        big.sendall(b"GET /stats/ HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
        events = self.events(server, "?every=50&field=y")
        events.until("catalog")
        for _ in range(10):
            events.until("values")
            self.assertEqual(len(server.get("/files/")["files"]), 20)

    def test_ends_with_open_streams(self):
        self.put("a.mmstats", v1(plain("x", "I", 1)))
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.start()
            fast = self.events(server, "?every=50&field=x")
            idle = self.events(server, "?every=10000&field=x")  # is asleep when the signal comes
            for events in (fast, idle):
                events.until("values")
            self.assertEqual(server.end(number), 0)
            self.assertEqual(server.stderr(), "")
            while fast.next():
                pass
            self.assertIsNone(idle.next())

    def test_a_second_signal_cuts_waiting_short(self):
        for i in range(20):
            self.put(f"{i:02}.mmstats", v1(*(text(f"{'x' * 60000}{k}", "v" * 200) for k in range(5))))
        server = self.start()
        slow = server.socket()
        self.addCleanup(slow.close)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"GET /stats/ HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
        server.get("/files/")
        server.process.send_signal(signal.SIGTERM)

        def refused():
            try:
                server.socket().close()
                return False
            except OSError:
                return True

        wait_for(refused)
        self.assertEqual(server.end(signal.SIGINT), 0)


if __name__ == "__main__":
    unittest.main()
