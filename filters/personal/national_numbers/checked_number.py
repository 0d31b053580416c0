"""Recognizers of numbers that carry a check: spellings that are nothing else, and spellings that need a word beside."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import regex
from presidio_analyzer import Pattern, PatternRecognizer

from filters.personal.entity import Check, Entity
from filters.personal.gate import gate_of

SURE = 1.0
"""Of what is verified and so spelled that little else looks like it."""
BY_FORM = 0.6
"""Of what is spelled so without a check digit to verify."""
BY_CONTEXT = 0.3
"""Of what ordinary numbers look like: below the usual threshold of 0.4, above it with Presidio's 0.35 for context."""

SPACE = "[ \u00a0\u202f]"
"""What stands between the groups of a number: a space, or one of the two that do not break a line."""
START = r"(?<![0-9A-Za-z_])(?<![0-9][.,:/\-])"
"""Not within a longer number or word."""
END = r"(?![0-9A-Za-z_])(?![.,:/\-][0-9])"
GROUPED_START = rf"{START}(?<![0-9]{SPACE})"
"""Nor within a longer number whose groups stand apart."""
GROUPED_END = rf"{END}(?!{SPACE}[0-9]{{3}}(?![0-9]))"


def labelled(*labels: str) -> str:
    """What stands in front of a pattern that counts right behind one of these words, as in `SIN no. 046 454 286`.

    It is for labels that are too short for a context word: Presidio looks for those within words.
    """
    words = "|".join(labels)
    return rf"(?<=(?<![0-9A-Za-z_])(?:{words})(?: ?(?:[Nn]o|[Nn]r|[Nn]umber|n)[.°]?)?[ .:#]{{1,3}})"


_SEPARATORS = regex.compile(r"[^0-9A-Z]")


class CheckedNumber(PatternRecognizer):  # type: ignore[misc] # presidio ships no types
    """Finds numbers of one kind, in ASCII capitals and digits, whose check holds.

    Args:
        kind: its name in recipes and the catalog.
        valid: says of a match without its separators whether it is a number of this kind; null: all are.
        sure: patterns whose valid matches count at once.
        score: theirs.
        by_context: patterns whose valid matches count with one of `context` among the five words before.
        context: parts of words, in lower case: each is looked for within a word.
    """

    def __init__(
        self,
        kind: str,
        *,
        valid: Callable[[str], bool] | None = None,
        sure: tuple[str, ...] = (),
        score: float = SURE,
        by_context: tuple[str, ...] = (),
        context: tuple[str, ...] = (),
    ) -> None:
        self._valid = valid
        super().__init__(
            supported_entity=kind,
            name=f"{kind.title().replace('_', '')}Recognizer",
            patterns=[
                *(Pattern(f"sure {place}", pattern, score) for place, pattern in enumerate(sure)),
                *(Pattern(f"by context {place}", pattern, BY_CONTEXT) for place, pattern in enumerate(by_context)),
            ],
            context=list(context),
            global_regex_flags=regex.VERSION0,
        )

    @property
    def highest_alone(self) -> float:
        """The highest score of an answer with no word beside it."""
        return max(float(pattern.score) for pattern in self.patterns)

    def validate_result(self, pattern_text: str) -> bool | None:
        """Null where the check holds, for the score is then the pattern's own; false where it does not."""
        if self._valid is None or self._valid(_SEPARATORS.sub("", pattern_text)):
            return None
        return False


class BesideContext(PatternRecognizer):  # type: ignore[misc] # presidio ships no types
    """Presidio's own recognizer of a kind, whose valid matches count only with a word of its context before them.

    Args:
        stock: the recognizer whose patterns and checks are used.
        context: parts of words, in lower case, in place of its own. Presidio's lists hold phrases, which are no word,
            and parts such as `id` and `nin`, which are within half the words there are.
    """

    def __init__(self, stock: PatternRecognizer, *, context: tuple[str, ...]) -> None:
        self._stock = stock
        super().__init__(
            supported_entity=stock.supported_entities[0],
            name=f"{stock.name} beside context",
            patterns=[Pattern(one.name, one.regex, BY_CONTEXT) for one in stock.patterns],
            context=list(context),
            global_regex_flags=stock.global_regex_flags,
        )

    @property
    def highest_alone(self) -> float:
        """The highest score of an answer with no word beside it."""
        return BY_CONTEXT

    def validate_result(self, pattern_text: str) -> bool | None:
        return False if self._stock.validate_result(pattern_text) is False else None

    def invalidate_result(self, pattern_text: str) -> bool | None:
        return bool(self._stock.invalidate_result(pattern_text))


def checked(
    kind: str,
    about: str,
    *,
    valid: Callable[[str], bool] | None = None,
    sure: tuple[str, ...] = (),
    by_context: tuple[str, ...] = (),
    context: tuple[str, ...] = (),
    check: Check | None = None,
) -> Entity:
    """A row whose recognizer is a `CheckedNumber`; its region is what its kind begins with.

    Unless `check` says otherwise, a checksum stands behind it, or where `valid` is null, its context.
    """
    stands_behind: Check = check or ("checksum" if valid else "context")
    return Entity(
        kind=kind,
        region=kind[:2].lower(),
        about=about,
        check=stands_behind,
        make=partial(
            CheckedNumber,
            kind,
            valid=valid,
            sure=sure,
            score=SURE if stands_behind == "checksum" else BY_FORM,
            by_context=by_context,
            context=context,
        ),
        gate=gate_of(*sure, *by_context, case_matters=True),
    )


def valid_to(stock: Callable[[], PatternRecognizer]) -> Callable[[str], bool]:
    """The check of one of Presidio's recognizers, for numbers that it spells in fewer ways than people do."""
    return partial(_passes, stock())


def _passes(recognizer: PatternRecognizer, number: str) -> bool:
    return recognizer.validate_result(number) is True
