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
      non[\s-]?commercial\w* | non[\s-]profit | commercially
    | (?:no|not|without|neither|nor|never|prohibit\w*|forb[ai]d\w*|restrict\w*|exclud\w*|except\w*)\b[^.;]{{0,60}}\b
      (?:commercial|profit|sale|resale|sell|sold)
    | commercial\b[^.;]{{0,60}}\b(?:prohibited|forbidden|not|requires?|needs?|must|contact|only|excluded|restricted|fee)
    | commons\s+clause
    | (?:only|solely|exclusively)\s+(?:be\s+)?(?:for|by|with|within|in|to|on|used|as)\b
    | {_SPHERES}\b[^.;]{{0,30}}\b(?:use|uses|purposes?)
    | (?:use|uses|purposes?)\s+only
    | (?:may|must|shall|should|can|could|will|are|is|do|does|was)\s*(?:not|n['’]t|never|no\s+longer|only|neither)
      \s+(?:be\s+|been\s+|in\s+any\s+way\s+)?{_USES}
    | cannot\s+(?:be\s+)?{_USES} | (?:nobody|no\s+one|none)\s+(?:may|can|shall|is)
    | prohibit\w* | forbidden | forbids? | disallow\w* | revoked? | terminat\w+
    | not\s+(?:permitted|allowed|granted|authori[sz]ed|licen[sc]ed|free|open|redistributable|covered)
    | no\s+(?:licen[sc]es?|permissions?|rights?|redistribution|modifications?|derivatives?|use|commercial|copying|part)\b
    | not\s+for\b(?!\s+example) | field\s+of\s+use
    | machine[\s-]+learning | artificial\s+intelligence | (?:a\.?i\.?|ml)(?=[\s,.)])\s*(?:model|system|training|compan|use|purpose|develop)
    | train(?:ing|ed)?\s+(?:of|on|an?|any|the|data|sets?|models?|purposes?|large|machine|artificial|ai|neural|or|and)\b
    | (?:for|to|in|model|from)\s+(?:the\s+)?train(?:ing)?\b | (?:text|data)[\s-]+(?:and[\s-]+data[\s-]+)?mining
    | language\s+models? | neural\s+net\w* | foundation\s+models? | generative
    | military | nuclear | weapons? | warfare | surveillance
    | (?:prior|written|express|explicit|special|separate)\s+(?:\w+\s+)?(?:permission|consent|approval|authori[sz]ation|agreement)
    | without\s+(?:the\s+|our\s+|my\s+)?(?:permission|consent|approval|licen[sc]e|authori[sz]ation|paying|payment)
    | confidential | trade\s+secrets? | proprietary
    | (?:additional|further|special|following|these|other)\s+(?:terms|restrictions?|conditions|requirements?|limitations?)
      (?!\s+of\s+the\s+gnu)
    | (?:purchas|subscri|royalt|pay)\w*\s+(?:an?\s+|the\s+|of\s+|for\s+)*(?:licen[sc]\w*|fees?|required)
    | licen[sc]e\s+(?:fee|key)s?
    )""",
    re.VERBOSE,
)
_TURNS = re.compile(
    r"\b(?:not?|never|none|nor|neither|cannot|only|solely|exclusively|except\w*|excluding|unless|without|prohibit\w*"
    r"|forb[ai]d\w*|restrict\w*|non\w*|commercial\w*|personal|academic|educational|research|evaluation|internal"
    r"|military|nuclear|train\w*)\b"
)


def speaks_of_terms(rest: str) -> bool:
    """Of words that stand outside every licence found, in lower case."""
    return _SPEAKS.search(rest) is not None


def turns(words: str) -> bool:
    """Of words that were put into a licence's own sentences, where one is enough to turn them round."""
    return _TURNS.search(words) is not None
