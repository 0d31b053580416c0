"""Whether models of fastText score here as they do there: `fasttext_agreement.py --fasttext PYTHON MODEL... FILE`.

PYTHON is an interpreter, of an environment of its own, in which `import fasttext` works. FILE has a column or field
`text`. Of each MODEL: by how much the scores of all its labels differ at most, on how many texts the best label is
another, and how many megabytes of text each scores in a second of processor. fastText adds 0.00001 to a probability
before it takes the logarithm, in a hierarchical softmax at every branch.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from pathlib import Path

import measure
import numpy as np
from running_text import texts

from filters.text_models.classifier import Reading, load_classifier

_ASKED = """
import json, sys, time
import fasttext
model = fasttext.load_model(sys.argv[1])
texts = [" ".join(text.split("\\n")) + "\\n" for text in json.load(sys.stdin)]
every = len(model.labels)
started = time.process_time()
said = [model.f.predict(text, every, -1.0, "strict") for text in texts]
seconds = time.process_time() - started
json.dump([seconds, [{label: score for score, label in each} for each in said]], sys.stdout)
"""


_TIE = 0.00005
"""Two labels whose scores differ by less are equally good: fastText reckons in single precision."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fasttext", required=True, type=Path, metavar="PYTHON")
    parser.add_argument("--texts", type=int, default=1_000)
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL")
    parser.add_argument("file", type=Path, metavar="FILE")
    given = parser.parse_args()
    asked = [text for text, _ in zip(texts(given.file), range(given.texts), strict=False)]
    megabytes = sum(len(text.encode()) for text in asked) / 1e6
    print(f"{measure.machine()}\n\n{len(asked):,} texts, {megabytes:.1f} MB\n")
    rows = [_compared(path, asked, megabytes, given.fasttext) for path in given.models]
    print(measure.table(("model", "labels", "largest difference", "other best label", "MB / CPU s", "fastText"), rows))


def _compared(path: Path, asked: list[str], megabytes: float, python: Path) -> tuple[str, ...]:
    told = subprocess.run(
        [str(python), "-c", _ASKED, str(path)], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    theirs_took, said = json.loads(told.stdout)
    model = load_classifier(str(path), reading=Reading(), device="cpu", scored_by=None)
    model.score(asked[:1])  # compiles
    started = time.process_time()
    ours = model.score(asked).mean
    took = time.process_time() - started
    theirs = np.array([[each[f"__label__{label}"] for label in model.labels] for each in said])
    theirs_best = np.take_along_axis(ours, theirs.argmax(axis=1)[:, None], axis=1)[:, 0]
    other = int((ours.max(axis=1) - theirs_best > _TIE).sum())
    rates = [f"{megabytes / seconds:.1f}" for seconds in (took, theirs_took)]
    return path.name, str(len(model.labels)), f"{np.abs(ours - theirs).max():.6f}", str(other), *rates


if __name__ == "__main__":
    main()
