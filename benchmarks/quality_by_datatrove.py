"""Run by datatrove's own Python: what its four quality filters say of each text, and the seconds they take.

`PYTHON quality_by_datatrove.py FILE.parquet OUT.json`: for each filter and each row of the column `text` the reason it
is dropped for, or an empty string. Each filter is given the text as it came.
"""

import json
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)

FILTERS = {
    "gopher_quality": GopherQualityFilter(),
    "gopher_repetition": GopherRepetitionFilter(),
    "fineweb": FineWebQualityFilter(),
    "c4": C4QualityFilter(),
}


def reason(filter_, text):
    answer = filter_.filter(Document(text=text, id=""))
    if isinstance(answer, tuple):
        return answer[1]
    return "" if answer else "dropped"


def main():
    texts = pq.read_table(sys.argv[1], columns=["text"])["text"].to_pylist()
    reason(FILTERS["gopher_quality"], "Words are read once, so that loading is not counted.")
    answers, seconds = {name: [] for name in FILTERS}, dict.fromkeys(FILTERS, 0.0)
    for text in texts:  # one document after the other, as its pipeline does: words are split once for all filters
        for name, filter_ in FILTERS.items():
            started = time.process_time()
            answers[name].append(reason(filter_, text))
            seconds[name] += time.process_time() - started
    Path(sys.argv[2]).write_text(json.dumps({"answers": answers, "seconds": seconds}))


main()
