"""Run by dolma's own Python: what its tagger gopher_v2 measures in each text, and the seconds it takes.

`PYTHON quality_by_dolma.py FILE.parquet OUT.json`: for each row of the column `text` its attributes by name.
"""

import json
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
from dolma.taggers.gopher import get_attributes


def main():
    texts = pq.read_table(sys.argv[1], columns=["text"])["text"].to_pylist()
    started = time.process_time()
    found = [get_attributes(text, ignore_empty_lines=True) for text in texts]
    seconds = time.process_time() - started
    rows = [{span.type: span.score for span in attributes.as_spans()} for attributes in found]
    Path(sys.argv[2]).write_text(json.dumps({"rows": rows, "seconds": seconds}))


main()
