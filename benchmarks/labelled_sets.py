"""Presidio as it comes and our filter on labelled sets: `python benchmarks/labelled_sets.py SHARED_DATA`.

The sets are two of presidio-research, in the folder of the shared data. Both are scored alike (audits/score.py), over
nine kinds that have a shape, of which each is named to our filter, those too that are off by default. Presidio is its
default English recognizers at threshold 0.4, with a tokenizer and lower-cased words for lemmas, so that its words
of context work; no model and no network.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import measure
import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

from audits.evaluation import FILTER, find, labels_by_our_names
from audits.labelled import LabelledSet, Place, kind_of, read_labelled
from audits.score import Score, Scores, compare, score
from filters.table import make_filter

SETS = ("presidio_research_synth_dataset_v2.json", "presidio_research_generated_small.json")
KINDS = (
    "EMAIL_ADDRESS",
    "IBAN_CODE",
    "US_SSN",
    "IP_ADDRESS",
    "CREDIT_CARD",
    "PHONE_NUMBER",
    "URL",
    "US_DRIVER_LICENSE",
    "DATE_TIME",
)
THRESHOLD = 0.4
OVERLAP = 0.9

Hits = list[tuple[Place, ...]]


class LowerWords(NlpEngine):
    """Words in lower case stand for lemmas: all that Presidio's context needs, and nothing to download."""

    def __init__(self) -> None:
        self._tokenizer = spacy.blank("en")

    def load(self) -> None: ...

    def is_loaded(self) -> bool:
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        tokens = self._tokenizer(text)
        words = [token.lower_ for token in tokens]
        return NlpArtifacts([], tokens, [token.idx for token in tokens], words, self, language)

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **_: Any
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word: str, language: str) -> bool:
        return bool(self._tokenizer.vocab[word].is_stop)

    def is_punct(self, word: str, language: str) -> bool:
        return bool(self._tokenizer.vocab[word].is_punct)

    def get_supported_entities(self) -> list[str]:
        return []

    def get_supported_languages(self) -> list[str]:
        return ["en"]


def stock_presidio(labelled: LabelledSet) -> Hits:
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list that comes with it
    engine = AnalyzerEngine(nlp_engine=LowerWords(), supported_languages=["en"])
    hits: Hits = []
    for document in labelled.documents:
        results = engine.analyze(document.text, "en", entities=list(KINDS), score_threshold=THRESHOLD)
        hits.append(tuple(Place(result.start, result.end, result.entity_type) for result in results))
    return hits


def our_filter(labelled: LabelledSet) -> Hits:
    return list(find(make_filter(FILTER, {"entities": list(KINDS), "score_threshold": THRESHOLD}), labelled).hits)


FINDERS: dict[str, Callable[[LabelledSet], Hits]] = {"Presidio": stock_presidio, "ours": our_filter}


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    print(measure.machine(), end="\n\n")
    for name in SETS:
        labelled = read_labelled(Path(sys.argv[1]) / name)
        print(f"{name}: {len(labelled.documents):,} texts, {labelled.n_bytes:,} bytes, sha256 {labelled.sha256}\n")
        scores = [scored(labelled, find_in(labelled)) for find_in in FINDERS.values()]
        print(measure.table(head(), rows(scores)), end="\n\n")


def scored(labelled: LabelledSet, hits: Hits) -> Scores:
    names = {name: kind_of(name, sought=KINDS, renamed={}) for name in labelled.names}
    labels = [labels_by_our_names(document, names) for document in labelled.documents]
    compared = [
        compare(of_one, hits_of_one, kinds=KINDS, overlap=OVERLAP)
        for of_one, hits_of_one in zip(labels, hits, strict=True)
    ]
    return score(compared, kinds=KINDS, n_bytes=labelled.n_bytes)


def head() -> list[str]:
    figures = ("precision", "recall", "F2", "covered", "false hits / MB")
    return ["kind", "labels", *(f"{who}: {figure}" for figure in figures for who in FINDERS)]


def rows(scores: list[Scores]) -> Iterator[list[str]]:
    for place, kind in enumerate(KINDS):
        yield row(kind, [each.by_kind[place] for each in scores])
    yield row("all nine", [each.total for each in scores])


def row(named: str, scores: list[Score]) -> list[str]:
    figures = (
        [shown(each.precision) for each in scores],
        [shown(each.recall) for each in scores],
        [with_interval(each) for each in scores],
        [shown(each.covered) for each in scores],
        [shown(each.false_hits_per_mb, digits=0) for each in scores],
    )
    return [named, f"{scores[0].labels:,}", *(cell for cells in figures for cell in cells)]


def with_interval(each: Score) -> str:
    if each.f2 is None or each.f2_interval is None:
        return shown(each.f2)
    low, high = each.f2_interval
    return f"{each.f2:.3f} ({low:.3f}–{high:.3f})"


def shown(share: float | None, *, digits: int = 3) -> str:
    return "–" if share is None else f"{share:,.{digits}f}"


if __name__ == "__main__":
    main()
