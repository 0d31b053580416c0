"""Finds words of terms in what is left of a text when the licences in it are taken away: what may take back a grant.

It is asked only of words that no licence accounts for, so a word that licences use of themselves is no alarm there. It
understands nothing: a text of which something is left that speaks of terms is not understood. Beside a licence any word
that could be a term is taken for one, but for sentences that are known to say nothing (where the full text is, who
wrote it, that there is no warranty); farther off, as in the comments of a program, only what plainly is one.
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
    | without\b(?!\s+(?:restriction|limitation|fee|charge))[^.;()]{{0,60}}\b(?:commercial\w*|profit|sale|resale
      |sell|sold)
    | commercial\w*\b[^.;]{{0,60}}\b(?:prohibited|forbidden|not|requires?|needs?|must|contact|only|excluded
      |restricted|fee)
    | commons\s+clause | field\s+of\s+use
    | (?:community|enterprise|source[\s-]available|shared[\s-]source|fair[\s-]source|functional\s+source|business
      |research|academic|evaluation|end[\s-]user|developer|subscription|sustainable\s+use|trial)\s+(?:\w+\s+)?licen[sc]e\b
    | under\s+(?:an?\s+|the\s+|some\s+)?creative\s+commons(?:\s+licen[sc]e)?\s*(?:[.;,)\x1f]|$)
    | terms\s+of\s+(?:service|use)\b | \beula\b | \bbsl\s+1\.1 | \bsspl\b | no\s+fee\s+may
    | convert(?:s|ed|ing)?\s+to\s | after\s+(?:\w+|\d+)\s+years?
    | {_SPHERES}[\s-]+(?:\w+[\s-]+){{0,3}}?(?:use|uses|purposes?)\b
    | (?:use|uses|purposes?)\s+only
    | machine[\s-]+learning | artificial\s+intelligence
    | (?:a\.?i\.?|ml)(?=[\s,.)/-])[\s/-]*(?:model|system|training|compan|use|purpose|develop)
    | train(?:ing|ed)?\s+(?:of|on|an?|any|data|sets?|models?|purposes?|large|machine|artificial|ai|neural|corp\w+)\b
    | (?:for|to|in|model|from)\s+(?:the\s+)?train(?:ing)?\b | (?:text|data)[\s-]+(?:and[\s-]+data[\s-]+)?mining
    | language\s+models? | neural\s+net\w* | foundation\s+models?
    | military | nuclear | weapons? | warfare | surveillance
    | without\s+(?:the\s+|our\s+|my\s+)?(?:\w+\s+){{0,3}}?(?:permission|consent|approval|licen[sc]e
      |authori[sz]ation|paying|payment)
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
    | no\s+(?:licen[sc]es?|permissions?|rights?|redistribution|modifications?|derivatives?|use|commercial|copying
      |part)\b
    | not\s+for\b(?!\s+example)
    | (?:prior|written|express|explicit|special|separate)\s+(?:\w+\s+)?(?:permission|consent|approval|authori[sz]ation)
    | (?:additional|further|special|other)\s+(?:terms|restrictions?|conditions|requirements?|limitations?)
    )""",
    re.VERBOSE,
)
"""What speaks of terms beside words of licences, and of anything else elsewhere: in a program's comments, say."""

_LICENSING = re.compile(
    r"licen[sc]|permi(?:t|ssion)|distribut|copyright|\brights?\b|\bterms\b|\byou\s+may\b|\bcop(?:y|ies|ying)\b"
    r"|\bused?\b"
    r"|\bth(?:is|e|ese)\s+(?:software|program|file|work|data|material|document|code|library|package|text|image"
    r"|model|content)"
)
_AROUND = 160

_TURNS = re.compile(
    r"\b(?:not?|never|none(?! of the names?\b)|cannot|only|solely|exclusively|except\w*|excluding|unless"
    r"|without|prohibit\w*|forb[ai]d\w*"
    r"|restrict\w*|non ?commercial\w*|(?<!even )(?<!including )commercial\w*|personal|academic|educational|research"
    r"|evaluation|internal|military|nuclear|train\w*)\b"
)


_QUALIFIES = re.compile(
    r"\b(?:solely|exclusively|except(?:ing|ed|s)?|exclud\w*|exempt\w*|provided\s+(?:that|you|they|it)"
    r"|only(?=\s*(?:[.;!,]|$))|only\s+(?:by|for|with|within|in|to|on|used|as|if|when|under|be|available"
    r"|permitted|allowed|valid|licen\w+)"
    r"|unless|restrict\w*|prohibit\w*|forb[ai]d\w*|forbidden|shall"
    r"|must(?!\s+(?:also\s+)?(?:retain|include|reproduce|preserve|keep|cite|acknowledge|give|carry|bear|contain"
    r"|match|have))"
    r"|not\s+(?:be\s+)?(?:appl\w+|cover\w*|extend|includ\w+|valid|for|free|open|part|subject|available|eligible)"
    r"|no\s+(?:one|body|company|commercial|permission|rights?|licen[sc]e|derivat\w+|selling|resale|use)"
    r"|requires?\s+(?:an?|the|our|my|prior|written|pay\w*|permission|consent|approval|authori[sz]ation|licen[sc]\w+)"
    r"|permission\s+(?:is|from|of|must|required|before|in)|consent|approval|you\s+agree|agree\s+(?:to|not|that)"
    r"|agreement\s+with"
    r"|non[\s-]?commercial\w*|commercial\w*|companies|(?:an?|any|your|large)\s+(?:\w+\s+)?company|students?"
    r"|academics?|educational|revok\w*|expires?"
    r"|terminat\w*|delet(?:e|ed)\s+(?:all|any|the|copies|it|after)|derivat\w+\s+(?:works?\s+)?(?:are|is|may|must|shall)\s+(?:not|only|be)|subscri(?:b\w+|ptions?)"
    r"|pay(?:ing|ments?)?"
    r"|purchas\w+|royalt\w+|profits?|competit\w+|military|defen[cs]e|weapons?|train(?:ing|ed)?\b|scrap(?:e|ing)|resale"
    r"|resell|sell(?:ing)?|sold|for\s+sale|evil|sublicen\w+|confidential|proprietary|evaluation"
    r"|(?:additional|other|our|own|special|further|different|certain|separate|these|those|above"
    r"|restrictive)\s+(?:\w+\s+)?"
    r"(?:terms|conditions|restrictions|requirements|licen[sc]es?\s+(?:do|does|is|are|no))"
    r"|nicht|kein\w*|nur|verboten|untersagt|kommerziell\w*|gewerblich\w*|interdit\w*|seulement|sauf|commerciale?s?"
    r"|prohibid\w+|comercial\w*|solamente|s[oó]lo|vietat\w+|niet|alleen|verboden|n[aã]o)\b"
    r"|[\u0400-\u04ff]{3}|[\u0600-\u06ff]{3}|[\u0e00-\u0e7f]{3}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}"
)
_CHANGED = re.compile(
    r"\b(?:custom|customi[sz]ed|modified|altered|adapted|amended|extended|own)\s+(?:(?:version|form|variant)\s+of\s+)?"
    r"(?:the\s+|an?\s+)?$"
)
"""What stands before a licence that is not that licence any more."""

_CODE = re.compile(
    r"[{}=\[\]]|\);|\w\(|;\n|\n(?:import|from|package|public|static|extern|define|include|ifn?def|endif|undef"
    r"|def|class)\s|->|::|\d, ?\d"
)
_COMPLIANCE = re.compile(
    r"\byou\s+may\s+not\s+use\s+(?:this|these|the)\s+\w+\s+except\s+in\s+compliance\s+with\s+(?:the|this)\s+licen[sc]e"
    r"|\bunder\s+(?:these|those)\s+terms\b"
)
"""What headers say of the licence that they have just named."""

_ANY_END = r"[^.;!?\x1f]"
_UNLAWFUL = re.compile(rf"{_ANY_END}{{0,300}}\bunlawful\b{_ANY_END}*")
"""To forbid what the law forbids takes nothing away."""

_NOTICES = r"(?:copyright|header|notice|file\s+by\s+hand)"
_HARMLESS = (
    (False, rf"on\s+debian\b{_ANY_END}*(?:\.\d{_ANY_END}*)*"),
    (True, rf"\b(?:can|may|must|should)\s+(?:also\s+)?be\s+(?:found|obtained|available|read)\b{_ANY_END}*"),
    (False, rf"(?:you|see)\s+should\s+(?:have\s+received|see|find|read)\b{_ANY_END}*"),
    (True, rf"\bshould\s+have\s+received\b{_ANY_END}*"),
    (False, rf"\bif\s+not\b,?\s*(?:write|see|please|visit|you\s+can|contact|e-?mail|to|go)?{_ANY_END}*"),
    (False, rf"\b(?:please\s+)?(?:see|read|refer\s+to|consult|review)\b{_ANY_END}*"),
    (False, rf"\bfor\s+(?:more|further|full|complete|the\s+full|details)\b{_ANY_END}*"),
    (True, rf"\bwarrant(?:y|ies|ed)\b{_ANY_END}*"),
    (True, rf"\bliab(?:le|ility)\b{_ANY_END}*"),
    (True, rf"\bfitness\b{_ANY_END}*"),
    (False, r"all\s+rights\s+reserved|no\s+rights\s+reserved|may\s+be\s+used\s+by\s+others"),
    (
        False,
        rf"do\s+not\s+(?:alter\s+or\s+)?(?:remove|edit|delete|modify)\s+(?:th(?:e|is|ese)\s+)?{_NOTICES}{_ANY_END}*",
    ),
    (False, rf"\bdo\s+not\s+edit\b{_ANY_END}*"),
    (False, rf"(?:was|were|been|is|are)\s+not\s+(?:distributed|included|supplied|provided)\s+with\b{_ANY_END}*"),
    (False, rf"\bcommercial\s+licen[sc]e{_ANY_END}{{0,1000}}\balternatively\b|\bspecial\s+exception\b{_ANY_END}*"),
    (True, rf"\bth(?:is|e)\s+(?:special\s+)?exception\b{_ANY_END}*"),
    (False, r"\bexcept\s+(?:where|as|when)\s+(?:otherwise\s+)?(?:noted|stated|specified|indicated)(?:\s+otherwise)?"),
    (
        False,
        r"unless\s+(?:required\s+by\s+(?:applicable\s+)?law|otherwise\s+(?:noted|stated|specified|indicated))",
    ),
    (False, r"\bprivate\s+(?:use\s+)?(?:keys?|functions?|methods?)\b"),
)
"""What says nothing of terms; where the first is true, with the words before it in its sentence."""

_BEFORE_HARMLESS = 200
_HARMLESS_HERE = re.compile(
    "|".join(rf"{_ANY_END}{{0,{_BEFORE_HARMLESS}}}{words}" if before else words for before, words in _HARMLESS)
)
_HARMLESS_ALONE = re.compile("|".join(words for before, words in _HARMLESS if not before))
_HARMLESS_SENTENCE = re.compile("|".join(words for before, words in _HARMLESS if before))
_END = re.compile(r"[.;!?\x1f]")


def without_harmless(text: str) -> str:
    """As `_HARMLESS_HERE.sub(" ", text)`, which would look two hundred characters ahead from every place."""
    pieces, at = [], 0
    alone, sentence = _HARMLESS_ALONE.search(text), _HARMLESS_SENTENCE.search(text)
    while alone or sentence:
        begins = [_begin_of_sentence(text, at, sentence.start())] if sentence else []
        found = _HARMLESS_HERE.match(text, min([*begins, alone.start()] if alone else begins))
        assert found is not None
        pieces += [text[at : found.start()], " "]
        at = found.end()
        alone = _HARMLESS_ALONE.search(text, at) if alone and alone.start() < at else alone
        sentence = _HARMLESS_SENTENCE.search(text, at) if sentence and sentence.start() < at else sentence
    return "".join([*pieces, text[at:]])


def _begin_of_sentence(text: str, at: int, place: int) -> int:
    """Where the sentence begins that goes on there, as far as it is looked at, and not before `at`."""
    return place - len(_END.split(text[max(at, place - _BEFORE_HARMLESS) : place])[-1])


def _without_law(text: str) -> str:
    return _COMPLIANCE.sub(" ", _UNLAWFUL.sub(" ", text) if "unlawful" in text else text)


def speaks_of_terms(rest: str) -> bool:
    """Of words that stand outside every licence found, in lower case."""
    left = _without_law(rest)
    return _SPEAKS.search(left) is not None or any(
        _LICENSING.search(left, max(0, found.start() - _AROUND), found.end() + _AROUND)
        for found in _MAY_SPEAK.finditer(left)
    )


def turns(words: str) -> bool:
    """Of words that were put into a licence's own sentences, where one is enough to turn them round."""
    return _TURNS.search(words) is not None


def qualifies(before: str, after: str) -> bool:
    """Of words that stand close to a licence, in lower case, up to the first line of a program: is any a term?"""
    if _CHANGED.search(before):
        return True
    near = _CODE.split(before)[-1] + "\x1f" + _CODE.split(after, maxsplit=1)[0]
    rest = without_harmless(_without_law(near))
    return _QUALIFIES.search(rest) is not None or _MAY_SPEAK.search(rest) is not None
