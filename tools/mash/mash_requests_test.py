#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Requests to mmash: methods, hosts, encoding, headers, the parts of the page, and what is no request at all."""

import gzip
import json
import pathlib
import socket
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from mash_testing import MashTest  # noqa: E402
from slurpstats_testing import plain, v1  # noqa: E402

PATHS = ("/", "/graph/", "/stats/", "/stats/x", "/files/", "/2/?q=x", "/static/main.js", "/none")
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class RequestsTest(MashTest):
    def setUp(self):
        super().setUp()
        self.put("a.mmstats", v1(plain("x", "I", 1), plain("a b+c", "I", 2)))

    def status(self, answer):
        return int(answer.split(b" ", 2)[1])

    # --- methods and paths -------------------------------------------------------------------------------------------

    def test_methods(self):
        server = self.start()
        for path in PATHS + ("/events", "/metrics"):
            for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "PROPFIND"):
                answer = server.ask(path, method=method)
                self.assertEqual((answer.status, list(answer.json())), (405, ["error"]), (method, path))
                self.assertEqual(answer.headers["Allow"], "GET, HEAD")
        try:
            self.assertEqual(server.ask("/stats/x", method="POST", body=b"x" * 1000000).status, 405)
        except OSError:  # closed before all of it was taken: nobody waits for a body
            pass
        self.assertEqual(server.ask("/stats/x", body=b"body").json(), {"x": [1]})

    def test_head(self):
        server = self.start()
        for path in PATHS:
            get, head = server.ask(path), server.ask(path, method="HEAD")
            self.assertEqual((head.status, head.body), (get.status, b""), path)
            for answer in (get, head):
                del answer.headers["Date"]
            self.assertEqual(head.headers, get.headers)

    def test_redirects(self):
        server = self.start()
        for path in ("/stats", "/graph", "/files", "/2"):
            answer = server.ask(path)
            self.assertEqual((answer.status, answer.headers["Location"]), (301, path + "/"))

    def test_no_such_page(self):
        server = self.start()
        for path in ("/none", "/stats2", "/Stats/", "/2/x", "/events/", "/metrics/", "/static", "/static/", "/static/x",
                     "/static/index.html", "/index.html", "/graph/x", "//", "/static//main.js",
                     "/favicon.ico"):  # fmt: skip
            answer = server.ask(path)
            self.assertEqual((answer.status, list(answer.json())), (404, ["error"]), path)

    def test_encoding(self):
        server = self.start()
        for path in ("/stats/a%20b+c", "/stats/a%20b%2bc", "/stats/%61%20b%2Bc", "/stats/a%20b%2Bc?", "/stats/a?&&=&x"):
            self.assertEqual(server.get(path), {"a b+c": [2]}, path)
        self.assertEqual(server.get("/2/?q=a+b%2Bc")["a b+c"]["values"], [2])
        for path in ("/stats/%", "/stats/%4", "/stats/%zz", "/stats/x?glob=%", "/stats/x?%=1", "/2/?q=%fg",
                     "/static/%"):  # fmt: skip
            answer = server.ask(path)
            self.assertEqual((answer.status, list(answer.json())), (400, ["error"]), path)

    def test_bad_arguments(self):
        server = self.start()
        for path in ("/stats/x?aggr=", "/stats/?aggr=mean", "/stats/x?aggr=mean",
                     "/stats/x?aggr=sum%00", "/stats/x?aggr=SUM", "/2/",
                     "/2/?q",
                     "/stats/x?aggr=sum&aggr=avg", "/2/?q=a&q=b", "/2/?q=%00", "/stats/x?glob=a%00",
                     "/2/?q=" + 1001 * "x", "/files/" + 1001 * "x", "/stats/x?glob=a/b", "/files/a%2Fb"):  # fmt: skip
            answer = server.ask(path)
            if path == "/2/?q":
                self.assertEqual((answer.status, answer.json()), (200, {}))  # a glob that matches no label
                continue
            self.assertEqual((answer.status, list(answer.json())), (400, ["error"]), path)
        self.assertIn("nonzero-avg", server.ask("/stats/x?aggr=mean").json()["error"])

    # --- hosts -------------------------------------------------------------------------------------------------------

    def host(self, server, host, version="1.1"):
        head = b"" if host is None else b"Host: " + host.encode() + b"\r\n"
        return self.status(server.raw(b"GET /stats/x HTTP/" + version.encode() + b"\r\n" + head + b"\r\n"))

    def test_hosts(self):
        server = self.start("--host", "Metrics.example")
        port = server.port
        for host in ("localhost", "LOCALHOST", f"localhost:{port}", "127.0.0.1", f"127.0.0.1:{port}", "[::1]:1",
                     "[::1]",
                     "metrics.example", "metrics.example:80", "localhost \t ", "\tlocalhost:80 ", "[::1]:1\t", "localhost:", "[0:0:0:0:0:0:0:1]"):  # fmt: skip
            self.assertEqual(self.host(server, host), 200, host)
        for host in ("evil.example", "localhost.evil.example", "evil-localhost", "127.0.0.1.nip.io", "127.0.0.2", "::1",
                     "0.0.0.0", "[::]", "[::2]", "localhost@evil", "[localhost]", "[127.0.0.1]", "localhost:80x",
                     "[::1",
                     "[::1]x", "localhost, localhost", ":80", "127.1", "2130706433", "0x7f000001", "x" * 300,
                     "localhost x", "localhost :80", "localhost: 80", "[::1 ]", " ",
                     "metrics.example.", f"user:{port}@localhost"):  # fmt: skip
            self.assertEqual(self.host(server, host), 421, host)
        self.assertEqual(self.host(server, None, "1.0"), 421)
        self.assertEqual(self.host(server, None), 421)
        twice = b"GET /stats/x HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"
        self.assertIn(self.status(server.raw(twice)), (400, 421))
        answer = server.ask("/stats/x", headers={"Host": "evil.example"})
        self.assertEqual(list(answer.json()), ["error"])
        # Whatever is asked for, and however.
        for path in PATHS + ("/events", "/metrics"):
            for method in ("GET", "HEAD", "POST"):
                self.assertEqual(server.ask(path, method=method, headers={"Host": "evil.example"}).status, 421)

    def test_targets_that_are_whole_addresses(self):
        server = self.start()
        self.put("a.mmstats", v1(plain("x", "I", 1)))
        line = "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"
        for target, host, status in (
            ("http://localhost/stats/x?exact=", "localhost", 200),
            (f"HTTP://LocalHost:{server.port}/stats/x?exact=", f"localhost:{server.port}", 200),
            ("http://[::1]", "[::1]", 200),
            ("http://localhost/", "evil.example", 421),
            ("http://evil.example/", "localhost", 421),
            ("http://localhost@evil.example/", "localhost", 421),
            ("http:///stats/x", "localhost", 421),
            ("http://" + 300 * "x" + "/", "localhost", 421),
            ("http://localhost?glob=a", "localhost", 400),
            ("https://localhost/", "localhost", 400),
            ("stats/x", "localhost", 400),
        ):
            answer = server.raw(line.format(target, host).encode())
            self.assertEqual(self.status(answer), status, target)
            if "exact" in target:
                self.assertTrue(answer.endswith(b'{"x": [1]}\n'), answer)

    def test_hosts_when_it_listens_everywhere(self):
        server = self.start(listen=("--listen", "0.0.0.0:0"))
        for host in ("localhost", "127.0.0.1", "192.0.2.7:5002", "[2001:db8::1]", "0.0.0.0"):
            self.assertEqual(self.host(server, host), 200, host)
        for host in ("evil.example", "192.0.2.7.nip.io", "192.0.2", "[evil]"):
            self.assertEqual(self.host(server, host), 421, host)

    # --- headers -----------------------------------------------------------------------------------------------------

    def test_headers_of_all_answers(self):
        server = self.start()
        asked = [(path, {}) for path in PATHS + ("/stats", "/2/", "/metrics")]
        asked += [("/", {"Host": "evil"}), ("/stats/x", {"Origin": "http://evil.example"})]
        for path, headers in asked:
            answer = server.ask(path, headers=headers)
            for name, value in SECURITY.items():
                self.assertEqual(answer.headers.get(name), value, (path, name))
            self.assertFalse([name for name in answer.headers if name.lower().startswith("access-control")])
            self.assertIn(answer.headers["Cache-Control"], ("no-store", "no-cache"))

    def test_parts_of_the_page(self):
        server = self.start()
        page = server.ask("/")
        self.assertEqual(page.headers["Content-Type"], "text/html; charset=utf-8")
        self.assertEqual(server.ask("/graph/").body, page.body)
        kinds = {"main.js": "text/javascript", "icon.svg": "image/svg+xml", "uPlot.min.css": "text/css"}
        for name, kind in kinds.items():
            plainly = server.ask(f"/static/{name}")
            self.assertEqual((plainly.status, plainly.headers["Content-Type"].split(";")[0]), (200, kind))
            self.assertNotIn("Content-Encoding", plainly.headers)
            packed = server.ask(f"/static/{name}", headers={"Accept-Encoding": "br, GZIP;q=0.5"})
            if "Content-Encoding" in packed.headers:
                self.assertEqual(gzip.decompress(packed.body), plainly.body)
            self.assertEqual(packed.headers["Vary"], "Accept-Encoding")
            for refusal in ("gzip;q=0", "identity", "*;q=0", "br", "gzip;q=0, *"):
                self.assertEqual(server.ask(f"/static/{name}", headers={"Accept-Encoding": refusal}).body, plainly.body)
            etag = plainly.headers["ETag"]
            for known in (etag, f'W/{etag}, "x"', "*", f'"x" ,{etag}'):
                answer = server.ask(f"/static/{name}", headers={"If-None-Match": known})
                self.assertEqual((answer.status, answer.body, answer.headers["ETag"]), (304, b"", etag), known)
            self.assertEqual(server.ask(f"/static/{name}", headers={"If-None-Match": '"x"'}).body, plainly.body)
        packed = server.ask("/static/uPlot.iife.min.js", headers={"Accept-Encoding": "gzip"})
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")

    # --- /metrics ----------------------------------------------------------------------------------------------------

    def test_metrics(self):
        server = self.start("--kind", "x=counter")
        text, openmetrics = "text/plain; version=0.0.4", "application/openmetrics-text; version=1.0.0"
        prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75," \
            "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        for accept, kind in ((None, text), (prometheus, openmetrics), ("text/plain", text), ("*/*", text), ("", text),
                             ("application/openmetrics-text;q=0.1,text/plain;version=0.0.4;q=0.9", text)):  # fmt: skip
            answer = server.ask("/metrics", headers={"Accept": accept} if accept is not None else {})
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["Content-Type"].split("; charset")[0], kind, accept)
            self.assertEqual(answer.body.endswith(b"# EOF\n"), kind == openmetrics)
            self.assertIn(b"x_total 1\n", answer.body)
        packed = server.ask("/metrics", headers={"Accept": prometheus, "Accept-Encoding": "gzip"})
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        self.assertEqual(gzip.decompress(packed.body), server.ask("/metrics", headers={"Accept": prometheus}).body)
        self.assertEqual(packed.headers["Vary"], "Accept, Accept-Encoding")

    def test_metrics_per_process(self):
        self.put("a.mmstats", v1(plain("x", "I", 1), plain("sys.pid", "I", 101)))
        self.put("b.mmstats", v1(plain("x", "I", 2), plain("sys.pid", "I", 102)))
        self.assertRegex(self.start().ask("/metrics").body.decode(), r"(?m)^x 3(\.0)?$")
        body = self.start("--per-process").ask("/metrics").body.decode()
        self.assertRegex(body, r'(?m)^x\{pid="101"\} 1')
        self.assertRegex(body, r'(?m)^x\{pid="102"\} 2')

    # --- what is no request ------------------------------------------------------------------------------------------

    def test_nonsense(self):
        server = self.start()
        for data in (b"", b"\r\n", b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0",
                     b"GET http://evil/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                     b"G" * 100000,
                     b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
                     b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 1000000 + b"\r\n\r\n"):  # fmt: skip
            try:
                answer = server.raw(data)
            except OSError:  # closed before all of it was taken
                answer = b""
            if answer:
                self.assertGreaterEqual(self.status(answer), 400, data[:50])
        self.assertEqual(server.get("/stats/x"), {"x": [1]})

    def test_long_targets(self):
        server = self.start()
        self.assertEqual(server.get("/stats/" + "x" * 100000), {})
        for count in (1000, 5000):
            fields = "".join(f"&field=web.requests.{i}" for i in range(count))
            self.assertEqual(server.ask("/events?every=50" + fields, method="HEAD").status, 200)
        for path in ("/stats/x?", "/events?every=50", "/2/?q=x", "/stats/x?" + "&" * 120000):
            self.assertEqual(server.ask(path + "&f=x" * 2000, method="HEAD").status, 200)
        for path in ("/events?" + "&field=x" * 20000, "/stats/" + "x" * 131066):
            answer = server.ask(path)
            self.assertEqual((answer.status, list(answer.json())), (414, ["error"]))
        self.assertEqual(server.get("/stats/" + "x" * 131065), {})
        answer = server.raw(b"GET /stats/" + b"x" * 1000000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertIn(self.status(answer) if answer else 414, (413, 414, 431))
        self.assertEqual(server.get("/stats/x"), {"x": [1]})

    def test_one_connection_many_requests(self):
        server = self.start()
        connection = server.connect()
        self.addCleanup(connection.close)
        for _ in range(20):
            connection.request("GET", "/stats/x")
            self.assertEqual(connection.getresponse().read(), b'{"x": [1]}\n')
            first = connection.sock
            self.assertIsNotNone(first)
            connection.request("GET", "/none")
            self.assertEqual(list(json.loads(connection.getresponse().read())), ["error"])
            self.assertIs(connection.sock, first)
        pipelined = b"GET /stats/x HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5
        self.assertEqual(server.raw(pipelined).count(b'{"x": [1]}'), 5)

    def test_clients_that_go_away(self):
        server = self.start()
        for data in (b"", b"GET /st", b"GET /stats/x HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            for _ in range(50):
                with server.socket() as connection:
                    connection.sendall(data)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
        self.assertEqual(server.get("/stats/x"), {"x": [1]})


if __name__ == "__main__":
    unittest.main()
