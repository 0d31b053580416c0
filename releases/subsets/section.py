"""What a recipe says of its subset: for what it is chosen, how much of it, and within which bounds."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from tamis.ids import digest_of

_Share = Annotated[float, Field(gt=0, le=1)]

Method = Literal["linear", "importance", "embedding", "measure", "random"]
"""By what items are put in order."""

NEAREST: Final = 3
"""Examples whose cosines an item's score is the mean of, where the recipe says nothing."""

SAME_PICTURE: Final = 0.99
"""The cosine from which on a picture is an example again, where the recipe says nothing."""
Learner = Literal["ngram", "transformer"]
"""By what sizes are measured where texts are foretold."""

Training = Literal["scratch", "continued", "fine_tuning", "classifier"]
"""What is done with the subset: a model is trained on it from nothing, one that knows general text is trained on, in
length or lightly, or one learns to tell labels.
"""

Group = Literal["corpus", "source", "licence", "licence_class", "language", "title", "path", "label", "cluster"]
"""What is known of an item that caps, floors and strata can go by."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)


def _is_none(value: object) -> bool:
    return value is None  # left out, what was not there before changes no digest


_Query = Annotated[str | None, Field(min_length=1, exclude_if=_is_none)]


class Target(_Section):
    """What the model must be good at, as examples: those of files, those of queries, or both."""

    examples: list[str] = Field(default_factory=list)
    """Files, relative to the recipe. Of texts: JSON lines, Parquet, CSV with a heading, or a text on each line; of
    pictures, each its own or a folder of them.
    """
    query: _Query = None
    """SQL over the catalog with one column, `item`: the texts of these items are examples (`queried.py`)."""
    held_out: list[str] = Field(default_factory=list)
    """Files of more such texts that sizes are measured on. None: a share of the examples is put aside for it."""
    held_out_query: _Query = None
    """SQL as `query`, for more such texts."""
    columns: list[str] = Field(default_factory=list)
    """Which columns hold the texts. None: all columns of texts."""
    label: str | None = None
    """The column that says what each text is. Sizes are then measured by how well a classifier tells it."""
    max_overlap: _Share = 0.5
    """An item of which more words, or which has more of an example's words, in shared runs, is that example again."""
    max_similarity: _Share | None = None
    """A picture whose vector has at least this cosine with an example's is that example again. Null: SAME_PICTURE."""

    @model_validator(mode="after")
    def _some(self) -> Target:
        if not self.examples and self.query is None:
            raise ValueError("expected `examples`, `query` or both: there is nothing to choose by")
        if self.columns and not self.examples and not self.held_out:
            raise ValueError("columns: are those of files, and there is none; the text of an item is its text")
        return self

    @property
    def queries(self) -> dict[str, str]:
        """Those that there are, by the key that they stand under."""
        asked = {"query": self.query, "held_out_query": self.held_out_query}
        return {key: sql for key, sql in asked.items() if sql is not None}


class Network(_Section):
    """The small transformer that sizes are measured by."""

    layers: Annotated[int, Field(ge=1, le=48)] = 2
    width: Annotated[int, Field(ge=64, le=4096, multiple_of=64)] = 64
    """Numbers that it has of each piece; four heads of attention share them, of a wide one a head has 64."""
    context: Annotated[int, Field(ge=8, le=4096)] = 64
    """Pieces that it looks back on."""
    vocabulary: Annotated[int, Field(ge=300, le=65_536)] = 4_096
    """Different pieces: byte pairs, learned from a part of what stays."""
    device: str = "auto"
    """As torch names it; auto: a CUDA device if there is one, else the processor."""


class General(_Section):
    """What a model that is trained on knows already."""

    files: list[str] = Field(default_factory=list)
    """Of texts, relative to the recipe, in the formats of examples. None: a part of what stays, by chance."""
    columns: list[str] = Field(default_factory=list)
    """Which columns hold the texts. None: all columns of texts."""
    bytes: Annotated[int, Field(gt=0)] | None = None
    """That the learner begins with at most; null: 20,000,000, of what stays no more than half, and of a transformer no
    more than `training_bytes`.
    """


_SIZES: Final = TypeAdapter(tuple[Annotated[int, Field(gt=0)], ...])


def _sizes(value: object) -> int | tuple[int, ...]:
    """One as it is, several by size: the order that they are written in, and a list of one, change no digest."""
    try:
        sizes = _SIZES.validate_python(value if isinstance(value, list | tuple) else [value])
    except ValidationError:
        raise ValueError("expected a whole number above 0, or a list of such") from None
    if not sizes:
        raise ValueError("expected a whole number above 0, or a list of such; the list is empty")
    if len(set(sizes)) < len(sizes):
        raise ValueError("a size is there twice: each model of a family is named once")
    return sizes[0] if len(sizes) == 1 else tuple(sorted(sizes))


class Auto(_Section):
    """How the size is found, where it is not given."""

    learner: Learner = "ngram"
    """What learns each size, where texts are foretold: counts of words, or a network that is trained anew each time."""
    network: Network | None = None
    """Of the transformer; null: a small one."""
    training: Training | None = None
    """What is done with the subset; null: a classifier is trained where the target has labels, else a model from
    scratch.
    """
    general: General | None = None
    """For a model that is trained on, or fine-tuned: what it knows already."""
    epsilon: Annotated[float, Field(gt=0, le=0.2)] = 0.01
    """How much worse than the best size a smaller one may be, as a share of its bits per byte; of the bits per label,
    as a share of those that labels take where nothing but their shares is known.
    """
    worse: Annotated[float, Field(gt=0, le=1)] = 0.05
    """A held-out text is worse off if it takes more bits than after all by this share; with labels, all of one are."""
    most_worse: Annotated[float, Field(ge=0, le=1)] = 0.05
    """The share of held-out texts that may be worse off."""
    training_bytes: Annotated[int, Field(gt=0)] | None = None
    """What the model will be trained on in all, epochs counted: the learner sees no more. Null: each text once."""
    parameters: Annotated[int | tuple[int, ...], BeforeValidator(_sizes)] | None = None
    """Of the model: `tamis size` then says what a training saves, too. Of several, the smallest first: a family of
    models, and `tamis size` says which of them it is enough for.
    """

    @model_validator(mode="after")
    def _of_its_learner(self) -> Auto:
        if self.network is not None and self.learner != "transformer":
            raise ValueError("network: it is the transformer's; add `learner: transformer`, or take it out")
        if self.general is not None and not self.goes_on:
            raise ValueError(
                "general: only a model that is trained on knows something already; add `training: continued` or "
                "`fine_tuning`, or take it out"
            )
        if self.learner == "transformer" and self.training_bytes is None:
            raise ValueError(
                "learner transformer is trained on as much at every size: say on how much with `training_bytes` "
                "(a million takes about a minute of a processor core for each size)"
            )
        return self

    @property
    def goes_on(self) -> bool:
        """Whether the model knows general text before it sees the subset."""
        return self.training in {"continued", "fine_tuning"}


class Budget(_Section):
    """How much is chosen: one of these."""

    tokens: Annotated[int, Field(gt=0)] | None = None
    """As the filter `token_count` counts them."""
    bytes: Annotated[int, Field(gt=0)] | None = None
    """Of texts in UTF-8, of pictures as they leave."""
    items: Annotated[int, Field(gt=0)] | None = None
    share: _Share | None = None
    """Of the bytes that stay."""
    auto: Auto | None = None
    """As `tamis size` recommends."""

    @model_validator(mode="after")
    def _one(self) -> Budget:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"expected one of tokens, bytes, items, share, auto; {len(given)} are there")
        return self


class ByMeasure(_Section):
    """The measure of a filter that items are put in order by."""

    filter: str
    measure: str
    order: Literal["high", "low"]
    """Which come first."""

    @property
    def named(self) -> str:
        """As reports and the catalog say it."""
        return f"{self.filter}.{self.measure}, {self.order} first"


class Cap(_Section):
    """No value of a group may have more than a share of what is chosen."""

    by: Group
    value: str | None = None
    """Null: every value has this cap."""
    most: _Share


class Floor(_Section):
    """A value of a group has at least a share of what is chosen."""

    by: Group
    value: str
    least: _Share


_OF_TEXTS: Final = frozenset({"query", "held_out", "held_out_query", "columns", "label", "max_overlap"})
"""Keys of a target that pictures have no use for."""


class Subset(_Section):
    """The whole section."""

    kind: Literal["text", "image"] = "text"
    """What is chosen from; items of the other kind stay as they are."""
    target: Target | None = None
    method: Method = "linear"
    measure: ByMeasure | None = None
    """For `method: measure`."""
    nearest: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """For `method: embedding`: the mean is over so many of the examples, those nearest to an item. Null: NEAREST."""
    budget: Budget
    caps: list[Cap] = Field(default_factory=list)
    floors: list[Floor] = Field(default_factory=list)
    strata: Group | None = None
    """Each value has the share among the chosen that it has among all, however few are chosen."""
    strata_shares: Literal["all", "equal"] = "all"
    """Or each has an equal share, for as long as there are items of it."""
    clusters: Annotated[int, Field(ge=2, le=10_000)] | None = None
    """Of pictures, where something goes by `cluster`. Null: the root of how many pictures there are, 1,000 at most."""
    replay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The share of what is chosen that chance chooses from all: general text, for a model that is trained on."""
    temperature: Annotated[float, Field(ge=0)] = 0.0
    """How much chance has a say: 0 takes the best; at 1 a gram's mean weight counts as much as Gumbel noise."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1

    @model_validator(mode="after")
    def _sensible(self) -> Subset:
        if not self.by_target and self.target is not None and self.budget.auto is None:
            raise ValueError(
                f"method {self.method} looks at no target: take the target out, or choose linear, importance or "
                "embedding"
            )
        if self.by_target and self.target is None:
            raise ValueError(f"method {self.method} needs `target.examples`, or choose random or measure")
        if self.kind == "image" and self.by_words:
            raise ValueError("pictures have no words to be put in order by: choose `embedding`, `random` or `measure`")
        if self.nearest is not None and self.method != "embedding":
            raise ValueError("nearest: only `method: embedding` goes by the examples that are nearest")
        if (self.method == "measure") != (self.measure is not None):
            raise ValueError("`method: measure` and `measure: {filter, measure, order}` go together")
        if self.goes_by("cluster") and self.kind != "image":
            raise ValueError("cluster: only pictures are put into clusters; texts can go by language, source or label")
        if self.clusters is not None and not self.goes_by("cluster"):
            raise ValueError("clusters: nothing goes by `cluster`; add `strata: cluster`, or take it out")
        if self.strata_shares != "all" and self.strata is None:
            raise ValueError("strata_shares: there are no strata; add `strata`, or take it out")
        if self.budget.auto is not None and (self.target is None or self.kind != "text"):
            raise ValueError("budget auto measures sizes on held-out texts of a target, and there is none")
        if self.budget.auto is not None and self.target is not None:
            self._labels_told(self.budget.auto, has_labels=self.target.label is not None)
        if self.replay and self.method == "random":
            raise ValueError("replay: all is chosen by chance already")
        return self

    @model_validator(mode="after")
    def _of_its_kind(self) -> Subset:
        """Of a target, what is for texts alone and what is for pictures alone."""
        said = {} if self.target is None else self.target.model_dump(exclude_defaults=True)
        strange = sorted(said.keys() & ({"max_similarity"} if self.kind == "text" else _OF_TEXTS))
        if strange:
            raise ValueError(
                f"target.{strange[0]} is for {'pictures' if self.kind == 'text' else 'texts'}: take it out"
            )
        return self

    @model_validator(mode="after")
    def _possible(self) -> Subset:
        """Floors that leave no room, or are above a cap on the same value, can be met by no choice whatever."""
        for by in {floor.by for floor in self.floors}:
            asked = {floor.value: floor.least for floor in self.floors if floor.by == by}
            if len(asked) < sum(floor.by == by for floor in self.floors):
                raise ValueError(f"floors: a value of {by} has two")
            if sum(asked.values()) > 1 + 1e-9:
                raise ValueError(
                    f"floors: those by {by} ask for {sum(asked.values()):.3g} of what is chosen, at most 1"
                )
            for cap in self.caps:
                over = [
                    value
                    for value, least in asked.items()
                    if cap.by == by and cap.value in (None, value) and least > cap.most
                ]
                if over:
                    raise ValueError(
                        f"caps and floors contradict each other: {by} {over[0]!r} is to have at least "
                        f"{asked[over[0]]:.3g} and at most {cap.most:.3g} of what is chosen"
                    )
        return self

    @property
    def by_words(self) -> bool:
        """Whether it is the words of an item that put it in order."""
        return self.method in {"linear", "importance"}

    @property
    def by_target(self) -> bool:
        """Whether it is how like the examples an item is."""
        return self.by_words or self.method == "embedding"

    @staticmethod
    def _labels_told(auto: Auto, *, has_labels: bool) -> None:
        if auto.training == "classifier" and not has_labels:
            raise ValueError(
                "training classifier learns to tell labels, and the target has none: name their column as "
                "`target.label`"
            )
        if auto.training not in {"classifier", None} and has_labels:
            raise ValueError(
                f"training {auto.training} foretells texts, and the target has labels, which a classifier tells: take "
                "`training` or `target.label` out"
            )
        if auto.learner != "ngram" and has_labels:
            raise ValueError(
                "learner transformer foretells texts, and the target has labels, which a classifier tells: take "
                "`learner` or `target.label` out"
            )

    def training_by(self, auto: Auto) -> Training:
        """What is done with it, by a rule that may not be the recipe's own."""
        if self.target is not None and self.target.label is not None:
            return "classifier"
        return auto.training or "scratch"

    def goes_by(self, group: Group) -> bool:
        """Whether caps, floors or strata go by it."""
        return group in {self.strata, *(cap.by for cap in self.caps), *(floor.by for floor in self.floors)}

    @property
    def digest(self) -> str:
        """Of what it says, defaults included."""
        return digest_of(self.model_dump(mode="json"))
