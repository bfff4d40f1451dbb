#!/usr/bin/env python3
"""What cleanstats --fold adds up, where, and what it leaves alone."""

import fcntl
import json
import math
import os
import pathlib
import resource
import signal
import stat
import struct
import subprocess
import sys
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).absolute().parent)]
sys.dont_write_bytecode = True

from clean_testing import DEAD, NOBODY, TOOL, UID, CleanTest, buffered, counter, dead, dead_v1  # noqa: E402
from clean_testing import decode, histogram, lock, plain, sys_fields, text, v1, v2  # noqa: E402

ARCHIVE = f"app-{UID}.archive.mmstats"


class FoldTest(CleanTest):
    def test_longest_name(self):
        for size, folded in ((232, True), (233, False), (255, False)):
            name = f"app-{DEAD}-".ljust(size - 8, "1") + ".mmstats"
            path = pathlib.Path(self.put(name, dead(counter("n", 1))))
            reason = f"Dead, but its name is too long (more than 232 bytes) to be folded: {name}"
            for options in (["--dry-run"], []):
                said = self.clean("--fold", *options)
                self.assertEqual(reason in said, not folded, said)
            self.assertEqual(path.exists(), not folded)
            self.assertEqual(self.totals(), {"n": 1 if folded else 2})
            if not folded:
                self.clean()

    def fold(self, *files, arguments=(), status=0):
        """Files of one application. Returns what the archive says, less what it says about itself."""
        for i, data in enumerate(files):
            self.put(f"app-{DEAD}-{i}.mmstats", data)
        self.lines = self.clean("--fold", *arguments, status=status)
        path = self.folder / ARCHIVE
        if not path.exists():
            return None
        return {k: v for k, v in self.fields(ARCHIVE).items() if not k.startswith(("org.mmstats", "sys."))}

    # --- sums ------------------------------------------------------------------------------------------------------

    def test_counters(self):
        self.assertEqual(self.fold(dead(counter("n", 2), counter("m", 1)), dead(counter("n", 40))), {"n": 42, "m": 1})
        self.assertEqual(self.fold(dead(counter("n", 100))), {"n": 142, "m": 1})
        about = self.fields(ARCHIVE)
        self.assertEqual((about["org.mmstats.archive"], about["org.mmstats.archive.files"]), ("app", 3))
        self.assertLess(abs(about["sys.created"] - time.time()), 1000)
        self.assertNotIn("sys.pid", about)

    def test_counter_wraps_as_it_does_in_a_program(self):
        self.assertEqual(self.fold(dead(counter("n", 2**64 - 1)), dead(counter("n", 3))), {"n": 2})

    def test_counters_whose_labels_end_as_default_fields_do(self):
        found = self.fold(dead(counter("filesys.created", 5), counter("subsys.pid", 7)))
        self.assertEqual(found, {"filesys.created": 5, "subsys.pid": 7})

    def test_small_counters_do_not_wrap(self):
        small = ("n", 6, 2, b"\0" + struct.pack("=II", 0, 2**32 - 1))
        self.assertEqual(self.fold(dead(small), dead(small)), {"n": 2 * (2**32 - 1)})

    def test_histograms(self):
        files = [dead(histogram("h", [1, 2, 3], 7)), dead(histogram("h", [10, 0, 5], 20)),
                 dead(histogram("h", [1, 1, 1], 2, scale=1.0))]  # fmt: skip
        self.fold(*files)
        found = [field for field in self.all_fields() if field["label"] == "h"]
        values = [field["value"] for field in found]
        self.assertEqual([(value["counts"], value["sum"], value["scale"]) for value in values],
                         [([11, 2, 8], 27, 0.5), ([1, 1, 1], 2, 1.0)])  # fmt: skip
        self.assertEqual([field["sequence"] for field in found], [21, 3])
        self.assertEqual({field["metric"] for field in found}, {"histogram"})

    def all_fields(self):
        return decode((self.folder / ARCHIVE).read_bytes())["fields"]

    def test_floats_and_negative_numbers(self):
        f = [("f", 13, 2, b"\0" + struct.pack("=dd", 0, x)) for x in (0.5, 0.25, math.nan, math.inf)]
        i = [("i", 64, 2, b"\0" + struct.pack("=qq", 0, x)) for x in (-5, 3, 0, 0)]
        self.assertEqual(self.fold(*(dead(*records) for records in zip(f, i))), {"f": 0.75, "i": -2})

    def test_tuples_of_counters(self):
        pair = [("t", 69, 2, struct.pack("=H", 4) + b"dI0d" + b"\0" + bytes(16) + struct.pack("dI4x", x, n))
                for x, n in ((0.5, 1), (1.5, 2))]  # fmt: skip
        self.assertEqual(self.fold(*(dead(record) for record in pair)), {"t": [2.0, 3]})

    def test_small_numbers_of_tuples_do_not_wrap(self):
        numbers = struct.pack("3BHbxf", 1, 255, 3, 65535, -128, 0.5)
        small = ("t", 69, 2, struct.pack("=H", 6) + b"3BHbxf" + b"\0" + bytes(len(numbers)) + numbers)
        for times in (2, 4):  # what an archive has is not narrowed, either
            sums = [times, times * 255, times * 3, times * 65535, times * -128, times * 0.5]
            self.assertEqual(self.fold(dead(small), dead(small)), {"t": sums})

    def test_what_is_no_sum_is_left_out(self):
        gauges = [("u", 5, 1, b"\0" + bytes(16)), ("avg", 2, 0, b"\0" + bytes(16)), ("timer", 4, 0, b"\0" + bytes(16)),
                  ("b", 15, 0, b"\1"), ("s", 16, 0, b"text"), ("ring", 21, 0, struct.pack("=HH4x", 0, 0))]  # fmt: skip
        self.assertEqual(self.fold(dead(*gauges, counter("n", 1))), {"n": 1})

    def test_one_label_of_two_types(self):
        """Both are there: nothing is rounded."""
        self.fold(dead(counter("n", 2**63 + 1)), dead(("n", 13, 2, b"\0" + struct.pack("=dd", 0, 0.5))))
        self.assertEqual([f["value"] for f in self.all_fields() if f["label"] == "n"], [2**63 + 1, 0.5])

    def test_metadata(self):
        def about(unit, help_):
            return "n", 96, 0, f"unit={unit}\nhelp={help_}".encode()

        self.fold(dead(counter("n", 1), about("a", "old")), dead(counter("n", 1), about("bytes", r"two\nlines \\")))
        self.fold(dead(counter("n", 1)))
        slurpstats = pathlib.Path(TOOL).parent / "slurpstats"
        result = subprocess.run([slurpstats, "--json", self.folder / ARCHIVE], capture_output=True, check=True)
        shown = json.loads(result.stdout)["files"][0]["fields"][-1]
        self.assertEqual((shown["unit"], shown["help"]), ("bytes", "two\nlines \\"))

    def test_byte_orders(self):
        foreign = v2(*sys_fields(lock=1, order=">"), ("n", 1, 2, b"\0" + struct.pack(">QQ", 0, 5)), order=">")
        self.assertEqual(self.fold(foreign, dead(counter("n", 1))), {"n": 6})

    def test_many_labels_and_files(self):
        files = [dead(*(counter(f"label{k}", i + k) for k in range(200))) for i in range(150)]
        found = self.fold(*files)
        self.assertEqual(found, {f"label{k}": sum(range(150)) + 150 * k for k in range(200)})
        self.assertEqual(self.lines[-1], "Removed 150  -  0 alive")
        self.assertEqual(self.names(), [ARCHIVE])

    # --- kinds -----------------------------------------------------------------------------------------------------

    def test_files_that_do_not_say_what_is_a_counter(self):
        files = [dead_v1(buffered("web.n", "Q", 3), buffered("web.load", "d", 0.5), text("s", "x")),
                 dead_v1(buffered("web.n", "Q", 4))]  # fmt: skip
        asked = "is web.n a counter? (--kind GLOB=counter or GLOB=gauge)"
        self.assertIsNone(self.fold(*files))
        self.assertEqual(self.lines[0], f"Dead, but not folded: app-{DEAD}-0.mmstats: {asked}")
        self.assertEqual(self.lines[-1], "Removed 0  -  0 alive")
        self.assertEqual(self.fold(arguments=["--kind", "*.n=counter"]), {"web.n": 4})
        self.assertIn("is web.load a counter?", self.lines[1 if "Dead" in self.lines[1] else 0])
        self.assertEqual(self.fold(arguments=["--kind", "*.n=counter", "--kind", "*=gauge"]), {"web.n": 7})

    def test_labels_that_end_as_default_fields_do(self):
        file = v1(plain("web.sys.pid", "I", DEAD), plain("web.sys.created", "d", 1e9), plain("web.sys.tid", "I", 7),
                  plain("web.filesys.created", "Q", 3))  # fmt: skip
        self.assertEqual(self.fold(file, arguments=["--kind=*=counter"]), {"web.filesys.created": 3})

    def test_first_kind_counts(self):
        self.assertEqual(self.fold(dead_v1(plain("a", "Q", 3)), arguments=["--kind=*=gauge", "--kind=a=counter"]), {})

    def test_kind_that_the_file_says_stays(self):
        self.assertEqual(self.fold(dead(counter("n", 3)), arguments=["--kind", "*=gauge"]), {"n": 3})

    def test_data_types_that_are_not_known(self):
        self.assertIsNone(self.fold(dead(counter("n", 1), ("new", 999, 2, b"12345678"))))
        self.assertIn("data types that this version does not know", self.lines[0])

    # --- which archive ---------------------------------------------------------------------------------------------

    def test_names(self):
        for name, application in (
            ("app-77-78.mmstats", "app"), ("app-77-78-1.mmstats", "app"), ("my-app_2-77.mmstats", "my-app_2"),
            ("77.app.mmstats", "app"), ("77-12-app.mmstats", "app"), ("app.mmstats", "app"), ("77-77", "unnamed"),
            ("app-778-1.mmstats", "app-778-1"), ("app.v2.77", "app.v2"), ("x77-1.mmstats", "x77-1"),
            ("é" * 80 + "-77-1.mmstats", "é" * 63),
        ):  # fmt: skip
            self.put(name, dead(pid=77))
            said = self.clean("--fold", name)[0]
            self.assertEqual(said, f"PID 77 {self.why()}. Folding {name} into {application}-{UID}.archive.mmstats")

    def why(self):
        return "does not hold its lock" if os.path.exists("/proc/77") else "not found"

    def test_application_that_is_something_else_there(self):
        """A file, a link, a directory; a file that is broken: it is left alone, and so are the dead ones."""
        target = self.folder / "target"
        target.write_bytes(b"")
        for make in (lambda path: path.write_bytes(dead(counter("n", 5))), lambda path: path.write_bytes(b""),
                     lambda path: path.symlink_to("target"), lambda path: path.mkdir()):  # fmt: skip
            make(self.folder / ARCHIVE)
            self.put(f"app-{DEAD}-0.mmstats", dead(counter("n", 1)))
            result = self.run_tool("--fold", f"app-{DEAD}-0.mmstats")
            self.assertEqual(result.status, 1)
            self.assertIn("Could not fold", result.out)
            self.assertEqual(self.names(), [ARCHIVE, f"app-{DEAD}-0.mmstats", "target"])
            self.assertEqual(target.read_bytes(), b"")
            path = self.folder / ARCHIVE
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()

    def test_names_are_escaped(self):
        self.put("a\nb\x1b[31m-77.mmstats", dead(counter("n", 1), pid=77))
        self.put(f"a\nb\x1b[31m-{UID}.archive.mmstats", dead(counter("n", 1), pid=77))
        said = self.clean("--fold", "a\nb\x1b[31m-77.mmstats", status=1)[0]
        escaped = r"a\x0ab\x1b[31m"
        self.assertEqual(said, f"{escaped}-{UID}.archive.mmstats is no archive of this user's. "
                               f"Could not fold {escaped}-77.mmstats")  # fmt: skip

    def test_users(self):
        self.with_users()
        self.folder.chmod(0o1777)
        mine, theirs = (self.put(f"app-{DEAD}-{i}.mmstats", dead(counter("n", i + 1))) for i in range(2))
        os.chown(theirs, NOBODY, NOBODY)
        os.chmod(theirs, 0o640)
        os.chmod(mine, 0o604)
        self.assertEqual(self.clean("--fold")[-1], "Removed 2  -  0 alive")
        self.assertEqual(self.names(), [ARCHIVE, f"app-{NOBODY}.archive.mmstats"])
        for name, owner, mode in ((ARCHIVE, 0, 0o604), (f"app-{NOBODY}.archive.mmstats", NOBODY, 0o640)):
            found = (self.folder / name).stat()
            self.assertEqual((found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)), (owner, owner, mode))

    def test_mode(self):
        """Who may not read a file may not read a sum with it in it."""
        modes = []
        for mode in (0o644, 0o640, 0o600, 0o666):
            os.chmod(self.put(f"app-{DEAD}-0.mmstats", dead(counter("n", 1))), mode)
            self.clean("--fold")
            modes.append(stat.S_IMODE((self.folder / ARCHIVE).stat().st_mode))
        self.assertEqual(modes, [0o644, 0o640, 0o600, 0o600])

    # --- what is left ----------------------------------------------------------------------------------------------

    def test_other_names(self):
        path = self.folder / f"app-{DEAD}-0.mmstats"
        path.write_bytes(dead(counter("n", 1)))
        os.link(path, self.folder / "app-copy.mmstats")
        self.assertEqual(self.clean("--fold")[-1], "Removed 0  -  0 alive")
        self.assertEqual(len(self.names()), 2)

    def test_archive_is_never_removed(self):
        self.fold(dead(counter("n", 1)))
        before = (self.folder / ARCHIVE).read_bytes()
        for arguments in ([], ["--fold"], [ARCHIVE], ["--fold", ARCHIVE]):
            self.assertEqual(self.clean(*arguments), ["Removed 0  -  0 alive"])
        self.assertEqual(self.clean("-v"), [f"An archive: {ARCHIVE}", "Removed 0  -  0 alive"])
        self.assertEqual((self.folder / ARCHIVE).read_bytes(), before)

    def test_live_file_with_a_second_name(self):
        """A writer that does not lock began anew in a file that a run before had linked."""
        path = self.put(f"app-{DEAD}-0.mmstats", dead_v1(plain("n", "I", 1), pid=os.getpid(), created=time.time()))
        os.link(path, self.folder / f".app-{DEAD}-0.mmstats.0123456789abcdef.fold")
        self.assertEqual(self.clean("--fold"), ["Removed 0  -  1 alive"])
        self.assertEqual(self.names(), [f"app-{DEAD}-0.mmstats"])

    def test_locked_file_with_a_second_name(self):
        """A writer that locks is about to put a new file in the place of one that a run before had linked: then its
        second name is all that leads to what was counted."""
        for data in (dead(counter("n", 1000)), dead_v1(plain("n", "I", 1000))):
            path = pathlib.Path(self.put("app.mmstats", data))
            os.link(path, self.folder / ".app.mmstats.0123456789abcdef.fold")
            with lock(path):
                self.assertEqual(self.clean("--fold")[-1], "Removed 0  -  2 alive")
                new = pathlib.Path(self.put("new", dead(counter("n", 1))))
                new.rename(path)
            self.clean("--fold", "--kind=*=counter")
            self.assertEqual((self.totals(), self.names()), ({"n": 1001}, [f"app-{UID}.archive.mmstats"]))
            (self.folder / f"app-{UID}.archive.mmstats").unlink()

    def test_planted_second_names(self):
        """Of a live file under another name, of a link, of nothing that is a file of metrics."""
        live = self.put("live.mmstats", dead(counter("n", 1)))
        os.link(live, self.folder / ".other.mmstats.0123456789abcdef.fold")
        (self.folder / ".link.mmstats.0123456789abcdef.fold").symlink_to("live.mmstats")
        (self.folder / ".empty.0123456789abcdef.fold").touch()
        (self.folder / ".fold").touch()
        self.put(f"app-{DEAD}-0.mmstats", dead(counter("n", 5)))
        with lock(live):
            result = self.run_tool("--fold")
        self.assertEqual(result.out.splitlines()[-1], "Removed 1  -  2 alive")
        self.assertEqual(self.totals(), {"n": 6})
        self.assertTrue((self.folder / "live.mmstats").exists())

    def test_many_planted_second_names(self):
        """Whoever may write into the directory can make them: they are no reason not to fold."""
        for i in range(300):
            (self.folder / f".junk.{i:016x}.fold").touch()
        self.put(f"app-{DEAD}-0.mmstats", dead(counter("n", 5)))
        self.assertEqual(self.clean("--fold", status=1)[-1], "Removed 1  -  0 alive")
        self.assertEqual(self.totals(), {"n": 5})

    # --- several at once, and little room ----------------------------------------------------------------------------

    def test_cleaners_at_once(self):
        for _ in range(5):
            for i in range(150):
                self.put(f"app{i % 3}-{DEAD}-{i}.mmstats", dead(counter("n", 1)))
            cleaners = [subprocess.Popen([TOOL, *arguments], env={"MMSTATS_PATH": str(self.folder)},
                                         stdout=subprocess.DEVNULL) for arguments in [["--fold"]] * 4]  # fmt: skip
            for cleaner in cleaners:
                self.assertIn(cleaner.wait(60), (0, 3))
        self.clean("--fold")
        self.assertEqual(self.totals(), {"n": 750})
        self.assertEqual(self.names(), [f"app{i}-{UID}.archive.mmstats" for i in range(3)])

    def test_locked_directory(self):
        self.put(f"app-{DEAD}-0.mmstats", dead(counter("n", 1)))
        directory = os.open(self.folder, os.O_RDONLY)
        fcntl.flock(directory, fcntl.LOCK_EX)
        with subprocess.Popen([TOOL, "--fold"], env={"MMSTATS_PATH": str(self.folder)}, stdout=subprocess.PIPE) as tool:
            os.close(directory)  # it waits for that
            self.assertIn(b"Removed 1", tool.communicate()[0])

    def test_full_disk(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        self.put(f"app-{DEAD}-0.mmstats", dead(counter("n", 1)))
        result = self.run_tool("--fold", preexec_fn=limit, restore_signals=False)
        self.assertEqual(result.status, 1)
        self.assertEqual(result.out.splitlines()[0][:15], "Could not fold ")
        self.assertTrue(result.out.splitlines()[0].endswith("File too large"))
        self.assertEqual(self.names(), [f"app-{DEAD}-0.mmstats"])
        self.assertEqual(self.fold(), {"n": 1})

    def test_small_tmpfs(self):
        script = """
            mount -t tmpfs -o size=16k none "$1" || exit 77
            cp "$2" "$1/app-1-1.mmstats"; cp "$2" "$1/app-2-2.mmstats"
            head -c 100000 /dev/zero > "$1/ballast"
            MMSTATS_PATH=$1 "$3" --fold; test $? = 1 || exit 1
            test -e "$1/app-1-1.mmstats" || exit 2
            rm "$1/ballast"; MMSTATS_PATH=$1 "$3" --fold; ls -A "$1"
        """
        data = self.put("data", dead(counter("n", 1), pid=1))
        place = self.folder / "place"
        place.mkdir()
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", place, data, TOOL], capture_output=True,
                              text=True, check=False)  # fmt: skip
        if done.returncode == 77 or "unshare" in done.stderr:
            self.skipTest(f"no mounting here: {done.stderr}")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("No space left on device", done.stdout)
        self.assertIn("archive.mmstats\n", done.stdout)


if __name__ == "__main__":
    unittest.main()
