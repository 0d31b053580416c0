"""Finds reservations in words, in the rights fields of a picture: English, German, French and Spanish.

A field reserves if it names machine learning, training of models, or text and data mining, and denies or reserves
something anywhere; a mere "AI" must stand within six words of a denial that is more than "all rights reserved". That is
broad on purpose, since all it leads to is `unclear`: a person reads the words. Other languages, and reservations that
name none of the subjects ("for human eyes only"), are missed; how many was not measured, for want of a labelled set.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DENIAL = (
    r"\b(?:no|not|non|never|nor|neither|without|don['’]?t|cannot|prohibit\w*|forbid\w*|disallow\w*|reserv\w*"
    r"|opt(?:ed|s|ing)?[- ]?out|exclud\w*|except\w*|den(?:y|ied|ies)|refus\w*|unauthori[sz]ed|ban(?:ned)?|restrict\w*"
    r"|object\w*|kein\w*|nicht|niemals|untersag\w*|verbot\w*|verbiet\w*|(?:\w{1,20})?vorbeh[ao]lt\w*|behalt\w*|widersp[ro]\w+"
    r"|ausgeschlossen\w*|ohne|pas|aucun\w*|interdi\w*|sans|ne|ni|jamais|oppos\w*|ningun\w*|sin|prohib\w*|nunca"
    r"|exclu[iy]\w*|opone\w*)\b"
)
_MINING = (
    r"(?:\btdm\b|\bt&dm\b|\bmachine[- ]?learning\b|\bdeep[- ]?learning\b"
    r"|\b(?:text|data)(?:[- ]{0,2}(?:and|und|&|/|-)[- ]{0,2}data)?[- ]{0,2}mining\b"
    r"|\b(?:ai|a\.i\.|ki|ia|llm|model|gpt)s?[- ]{1,3}(?:model\w* )?train\w*"
    r"|\btrain\w* (?:\w{1,30} ){0,4}(?:ai|a\.i\.|ki|ia|model\w*|modelos?|network\w*|neural\w*|algorithm\w*|llms?"
    r"|machine\w*|artificial|generative)\b|\btraining[- ](?:data|material|sets?|purposes?)\b|\bscrap(?:e[drs]?|ing)\b"
    r"|\bmaschinell\w{0,3} lern\w*|\bki-?train\w*|\btraining (?:\w{1,30} ){0,3}(?:kunstlich\w*|ki)\b|§ ?44 ?b\b"
    r"|\bapprentissage (?:automatique|machine|profond)|\bfouille (?:\w{1,30} ){0,3}(?:textes?|donnees)\b"
    r"|\bentrain\w+ (?:\w{0,30}['’ ]){0,5}(?:ia|intelligence|modeles?|algorithmes?)\b"
    r"|\baprendizaje (?:automatico|profundo)|\bmineria (?:\w{1,30} ){0,3}(?:datos|textos?)\b"
    r"|\bentrena\w+ (?:\w{1,30} ){0,5}(?:ia|inteligencia|modelos?|algoritmos?)\b)"
)
_MACHINE = (
    r"\b(?:ai|a\.i\.|ki|ia|llms?|gpt|noai|generative|generativ\w*|artificial intelligence|kunstlich\w* intelligenz"
    r"|intelligence artificielle|inteligencia artificial)\b"
)
_BETWEEN = r"(?:\W{1,3}\w{1,30}){0,6}?\W{1,3}"

_DENIED = re.compile(_DENIAL)
_OF_MINING = re.compile(_MINING)
_OF_MACHINES = re.compile(rf"{_DENIAL}{_BETWEEN}{_MACHINE}|{_MACHINE}{_BETWEEN}{_DENIAL}|\bno-?ai\b|\bnoimageai\b")
_ALL_RIGHTS = re.compile(
    r"\b(?:all rights reserved|alle rechte vorbehalten|tous droits reserves|todos los derechos reservados)\b"
    r"(?!\W{0,3}(?:incl|for|espec|in particular|also|auch|einschl|insbes|y compris|notamment|pour|incluy|incluid|para))"
)


def speaks_of_reservation(text: str) -> bool:
    """Whether a person should read the text, since it may reserve the picture against training or mining."""
    plain = _plain(text)
    if _OF_MINING.search(plain) and _DENIED.search(plain):
        return True
    return _OF_MACHINES.search(_ALL_RIGHTS.sub(" . ", plain)) is not None


def _plain(text: str) -> str:
    """Lower case, without accents, one space between words."""
    folded = text.casefold()
    letters = folded if folded.isascii() else "".join(map(_without_accents, folded))
    return " ".join(letters.split())


@lru_cache(maxsize=4096)
def _without_accents(letter: str) -> str:
    """One letter at a time: a long run of accents makes `normalize` take quadratic time."""
    return "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
