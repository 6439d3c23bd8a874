"""The kernel says exactly what the golden transcripts say.

The transcripts are shared with the Go side: each line of
internal/kernel/testdata/transcripts/*.jsonl is a frame and who sends it.
"""

import glob
import json
import os
import unittest

from session import Kernel

TRANSCRIPTS = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir, "testdata", "transcripts", "*.jsonl"
)


def constant(frame):
    """The frame without what differs from process to process."""
    if frame["type"] == "hello":
        frame = dict(frame, pid=1)
    if frame["type"] == "ready":
        frame = dict(frame, info={"python_version": "3.11.7"})
    return frame


class Transcripts(unittest.TestCase):
    def test_replay(self):
        paths = sorted(glob.glob(TRANSCRIPTS))
        self.assertTrue(paths)
        for path in paths:
            with self.subTest(os.path.basename(path)), open(path, encoding="utf-8") as lines:
                self.replay([json.loads(line) for line in lines])

    def replay(self, transcript):
        kernel = Kernel()
        self.addCleanup(kernel.close)
        said = list(kernel.starting)
        for line in transcript:
            if "supervisor" in line:
                kernel.send(**line["supervisor"])
            else:
                frame = said.pop(0) if said else kernel.receive()
                self.assertEqual(constant(frame), line["kernel"])


if __name__ == "__main__":
    unittest.main()
