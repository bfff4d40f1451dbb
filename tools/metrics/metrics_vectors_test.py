#!/usr/bin/env python3
"""What is printed of the test vectors is good to others: promtool reads the format 0.0.4, and the strict parser of the
Prometheus client for Python reads OpenMetrics."""

import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from metrics_testing import MetricsTest  # noqa: E402
from prometheus_client.openmetrics.parser import text_string_to_metric_families  # noqa: E402
from slurpstats_testing import VECTORS  # noqa: E402

PROMTOOL_ADVICE = 3  # what promtool exits with when it can read all, and has advice on names and help texts


class VectorsTest(MetricsTest):
    def read_openmetrics(self, text):
        families = list(text_string_to_metric_families(text))
        series = [(sample.name, tuple(sorted(sample.labels.items()))) for f in families for sample in f.samples]
        self.assertEqual(len(series), len(set(series)))
        return len(series)

    def read_text(self, text):
        done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True, check=False)
        self.assertIn(done.returncode, (0, PROMTOOL_ADVICE), done.stderr.decode())

    def copies(self):
        """In a sandbox they are symbolic links."""
        paths = sorted(VECTORS.glob("*/*.mmstats"))
        self.assertGreater(len(paths), 50)
        for path in paths:
            shutil.copyfile(path, self.folder / f"{path.parent.name}-{path.name}")

    def test_all_at_once(self):
        self.copies()
        for by in ([], ["--by", "file"]):
            self.assertGreater(self.read_openmetrics(self.show(*by)), 500)
            self.read_text(self.show("--text", *by))

    def test_as_other_kinds(self):
        self.copies()
        for kind in ("counter", "stateset", "info"):
            self.read_openmetrics(self.show("--by", "process", "--kind", f"*={kind}", glob="*v1*"))
            self.read_text(self.show("--text", "--by", "process", "--kind", f"*={kind}", glob="*v1*"))

    def test_one_by_one(self):
        """A name that one vector takes hides what is wrong with another's. (The largest are among all.)"""
        self.copies()
        for path in sorted(self.folder.iterdir()):
            if path.stat().st_size < 1 << 16:
                with self.subTest(path.name):
                    self.assertGreater(self.read_openmetrics(self.show(glob=path.name)), 6)


if __name__ == "__main__":
    unittest.main()
