"""Concepts in words, by which pictures are scored without any training: a file of groups, and what the words come to.

A picture's likeness to a concept is the cosine of its vector with that of the words. A softmax over all concepts at
once, at the temperature that the model learned, shares 1 out among them; what the concepts of the groups called
unsafe get together is the score. So every group of harmless pictures that the unsafe ones could be taken for needs
words of its own: what is not named cannot win.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from filters.pictures.clip.model import ClipModel
from filters.pictures.vectors import Vectors, unit
from tamis.errors import ConfigError

BUILT_IN = Path(__file__).parents[2] / "data" / "concepts.toml"
"""The concepts that come with Tamis."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TOP = {"templates", "group"}
_GROUP = {"name", "unsafe", "concepts"}


@dataclass(frozen=True, slots=True)
class Group:
    """Concepts that stand for one thing."""

    name: str
    unsafe: bool
    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Concepts:
    """A file of concepts."""

    templates: tuple[str, ...]
    """Sentences with a place `{}` for a concept; a concept's vector is the mean of those that it makes."""
    groups: tuple[Group, ...]
    sha256: str
    """Of the file's bytes."""

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(group.name for group in self.groups)


def read_concepts(path: Path) -> Concepts:
    """The concepts of a TOML file; the form is described at the head of `filters/data/concepts.toml`.

    Raises:
        ConfigError: every fault found, each with its place.
    """
    try:
        data = path.read_bytes()
        said = tomllib.loads(data.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"image_concepts: {path.name} cannot be read as TOML ({error}).") from error
    problems = [f"image_concepts: {path.name}: {problem}" for problem in _problems(said)]
    if problems:
        raise ConfigError(*problems)
    groups = tuple(Group(each["name"], each["unsafe"], tuple(each["concepts"])) for each in said["group"])
    return Concepts(tuple(said["templates"]), groups, hashlib.sha256(data).hexdigest())


def _problems(said: dict[str, Any]) -> Iterator[str]:
    yield from (f"unknown key {key!r}. Known: {', '.join(sorted(_TOP))}." for key in sorted(said.keys() - _TOP))
    templates, groups = said.get("templates"), said.get("group")
    if not _are_words(templates) or any(template.count("{}") != 1 for template in templates):
        yield "templates: expected sentences with one {} each, such as 'a photo of {}.'"
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        yield "expected [[group]] sections, each with name, unsafe and concepts."
        return
    for place, group in enumerate(groups):
        yield from (f"group[{place}]: {problem}" for problem in _faults(group))
    names = [group.get("name") for group in groups]
    yield from (f"two groups are named {name!r}." for name in sorted({str(n) for n in names if names.count(n) > 1}))
    if {bool(group.get("unsafe")) for group in groups} != {True, False}:
        yield "expected at least one group that is unsafe and one that is not: a score is a share between them."


def _faults(group: dict[str, Any]) -> Iterator[str]:
    yield from (f"unknown key {key!r}. Known: {', '.join(sorted(_GROUP))}." for key in sorted(group.keys() - _GROUP))
    if not isinstance(group.get("name"), str) or not _NAME.fullmatch(group["name"]):
        yield "name: expected a word of a-z, 0-9 and _."
    if not isinstance(group.get("unsafe"), bool):
        yield "unsafe: expected true or false."
    if not _are_words(group.get("concepts")):
        yield "concepts: expected a list of words, not an empty one."


def _are_words(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) and word.strip() for word in value)


@dataclass(frozen=True, slots=True, eq=False)
class ConceptScores:
    """What the concepts of a file come to in the space of one model."""

    concepts: Concepts
    vectors: Vectors
    """A row for each concept, in the order of the file."""
    scale: float

    def of(self, views: Vectors) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
        """(share of the unsafe groups, place of the group with the largest share) for each view, a unit vector."""
        logits = self.scale * (views @ self.vectors.T).astype(np.float64)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        sizes = [len(group.concepts) for group in self.concepts.groups]
        by_group = np.add.reduceat(shares, np.cumsum([0, *sizes[:-1]]), axis=1)
        unsafe = np.array([group.unsafe for group in self.concepts.groups])
        return by_group[:, unsafe].sum(axis=1).clip(0, 1), by_group.argmax(axis=1)


@lru_cache(maxsize=4)
def concept_scores(model: ClipModel, concepts: Concepts) -> ConceptScores:
    """Asks the model for the vectors of all sentences; some seconds for a large one, so once in a process."""
    words = [concept for group in concepts.groups for concept in group.concepts]
    sentences = [template.replace("{}", word) for word in words for template in concepts.templates]
    of_sentences = model.embed_texts(sentences).reshape(len(words), len(concepts.templates), -1)
    return ConceptScores(concepts, unit(of_sentences.mean(axis=1)), model.logit_scale)
