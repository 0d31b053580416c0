"""Finds words of terms in what is left of a text when the licences in it are taken away: what may take back a grant.

It is asked only of words that no licence accounts for, so a word that licences use of themselves is no alarm there. It
understands nothing: a text of which something is left that speaks of terms is not understood.
"""

from __future__ import annotations

import re

_USES = (
    r"(?:use|uses|used|using|usage|cop(?:y|ies|ied|ying)|modif\w+|redistribut\w+|distribut\w+|s(?:ell|old|ale)|resell"
    r"|reproduc\w+|publish\w*|share[ds]?|licen[sc]e[ds]?|sublicen[sc]\w+|transmit\w*|incorporat\w+|train\w*|adapt\w*"
    r"|remove[ds]?|alter\w*|employ\w*|deploy\w*|hosted|offered|made|provided|included|bundled|permit\w*|allow\w*"
    r"|grant\w*|authori[sz]ed)"
)
_SPHERES = (
    r"(?:personal|private|internal|academic|education\w*|research|evaluation|scientific|home|classroom|teaching"
    r"|government|individual|student|hobby|testing|demonstration)"
)
_SPEAKS = re.compile(
    rf"""\b(?:
      (?<!even\sfor\s)(?<!including\s)non[\s-]?commercial\w* | non[\s-]profit\s+(?:use|purpose)
    | (?:no|not|neither|nor|never|prohibit\w*|forb[ai]d\w*|restrict\w*|exclud\w*|except\w*)\b[^.;()]{{0,60}}\b
      (?:commercial\w*|profit|sale|resale|sell|sold)
    | without\b(?!\s+(?:restriction|limitation|fee|charge))[^.;()]{{0,60}}\b(?:commercial\w*|profit|sale|resale|sell|sold)
    | commercial\w*\b[^.;]{{0,60}}\b(?:prohibited|forbidden|not|requires?|needs?|must|contact|only|excluded|restricted|fee)
    | commons\s+clause | field\s+of\s+use
    | {_SPHERES}[\s-]+(?:\w+[\s-]+){{0,3}}?(?:use|uses|purposes?)\b
    | (?:use|uses|purposes?)\s+only
    | machine[\s-]+learning | artificial\s+intelligence
    | (?:a\.?i\.?|ml)(?=[\s,.)/-])[\s/-]*(?:model|system|training|compan|use|purpose|develop)
    | train(?:ing|ed)?\s+(?:of|on|an?|any|data|sets?|models?|purposes?|large|machine|artificial|ai|neural|corp\w+)\b
    | (?:for|to|in|model|from)\s+(?:the\s+)?train(?:ing)?\b | (?:text|data)[\s-]+(?:and[\s-]+data[\s-]+)?mining
    | language\s+models? | neural\s+net\w* | foundation\s+models?
    | military | nuclear | weapons? | warfare | surveillance
    | without\s+(?:the\s+|our\s+|my\s+)?(?:\w+\s+){{0,3}}?(?:permission|consent|approval|licen[sc]e|authori[sz]ation|paying|payment)
    | confidential | trade\s+secrets? | proprietary
    | (?:purchas|subscri|royalt|pay)\w*\s+(?:an?\s+|the\s+|of\s+|for\s+)*(?:licen[sc]\w*|fees?|required)
    | licen[sc]e\s+(?:fee|key)s?
    )""",
    re.VERBOSE,
)
"""What speaks of terms wherever it stands."""

_MAY_SPEAK = re.compile(
    rf"""\b(?:
      (?:only|solely|exclusively)\s+(?:be\s+)?(?:for|by|with|within|in|to|on|used|as|if|when)\b
    | (?:may|must|shall|should|can|could|will|are|is|do|does|was)\s*(?:not|n['’]t|never|no\s+longer|only|neither)
      \s+(?:be\s+|been\s+|in\s+any\s+way\s+)?{_USES}(?!\s+(?:or\s+remove\s+)?(?:copyright|this\s+header))
    | cannot\s+(?:be\s+)?{_USES} | (?:nobody|no\s+one|none)\s+(?:may|can|shall|is)
    | prohibit\w* | forbidden | forbids? | disallow\w* | revoked? | terminat\w+
    | not\s+(?:permitted|allowed|granted|authori[sz]ed|licen[sc]ed|free|open|redistributable|covered)
    | no\s+(?:licen[sc]es?|permissions?|rights?|redistribution|modifications?|derivatives?|use|commercial|copying|part)\b
    | not\s+for\b(?!\s+example)
    | (?:prior|written|express|explicit|special|separate)\s+(?:\w+\s+)?(?:permission|consent|approval|authori[sz]ation)
    | (?:additional|further|special|other)\s+(?:terms|restrictions?|conditions|requirements?|limitations?)
    )""",
    re.VERBOSE,
)
"""What speaks of terms beside words of licences, and of anything else elsewhere: in a program's comments, say."""

_LICENSING = re.compile(
    r"licen[sc]|permi(?:t|ssion)|distribut|copyright|\brights?\b|\bterms\b|\byou\s+may\b|\bcop(?:y|ies|ying)\b|\bused?\b"
    r"|\bth(?:is|e|ese)\s+(?:software|program|file|work|data|material|document|code|library|package|text|image|model|content)"
)
_AROUND = 160

_TURNS = re.compile(
    r"\b(?:not?|never|none|cannot|only|solely|exclusively|except\w*|excluding|unless|without|prohibit\w*|forb[ai]d\w*"
    r"|restrict\w*|non ?commercial\w*|(?<!even )(?<!including )commercial\w*|personal|academic|educational|research"
    r"|evaluation|internal|military|nuclear|train\w*)\b"
)


def speaks_of_terms(rest: str) -> bool:
    """Of words that stand outside every licence found, in lower case."""
    return _SPEAKS.search(rest) is not None or any(
        _LICENSING.search(rest, max(0, found.start() - _AROUND), found.end() + _AROUND)
        for found in _MAY_SPEAK.finditer(rest)
    )


def turns(words: str) -> bool:
    """Of words that were put into a licence's own sentences, where one is enough to turn them round."""
    return _TURNS.search(words) is not None
