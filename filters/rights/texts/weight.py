"""Tells which words of a licence weigh: they grant, limit or take back, so that one of them changes what it says."""

from __future__ import annotations

import re

_WEIGHTY = re.compile(
    r"not?|never|none|nor|neither|cannot|can't|don't|without|unless|except\w*|excluding|only|solely|exclusively|other"
    r"|non\w*|any|all|every\w*|free|freely|fee|fees|royalt\w*|charge|us(?:e|es|ed|ing|age)|cop(?:y|ies|ied|ying)"
    r"|modif\w*|merg\w*|publish\w*|(?:re|sub)?distribut\w*|(?:sub|re)?licen[sc]\w*|s(?:ell|elling|old|ale)"
    r"|commercial\w*|noncommercial\w*|purposes?|permi(?:t|ts|tted|ssion|ssions)|grant\w*|allow\w*|forb[ai]d\w*"
    r"|prohibit\w*|restrict\w*|limit\w*|den(?:y|ied|ies)|derivat\w*|adapt\w*|reproduc\w*|perform|display|transmit"
    r"|may|must|shall|personal|private|academic|educational|research|evaluation|internal|train\w*|machine|ai"
)


def weighs(word: str) -> bool:
    return _WEIGHTY.fullmatch(word) is not None
