"""Reads of what a sentence about a licence speaks: of the page it stands on, of a part of it, or of something else.

The nouns are those of six languages (English, German, French, Spanish, Italian, Dutch). The first noun of the sentence
decides, for that is what its licence is said of: `photos on this site` are a part and no site, `text and photos` are
the page. Sentences that deny, recommend or explain a licence grant none.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from filters.rights import creative_commons
from filters.rights.spdx import read_name

Subject = Literal["page", "bare", "theirs", "part", "denied", "none"]
"""`page`: the page says so of itself. `bare`: a work, but not said whose (`the report`). `theirs`: somebody else's."""

LONGEST_VALUE = 300

_ADDRESSES = (
    ("nationalarchives.gov.uk/doc/open-government-licence/version/3", "OGL-UK-3.0"),
    ("nationalarchives.gov.uk/doc/open-government-licence/version/2", "OGL-UK-2.0"),
    ("nationalarchives.gov.uk/doc/open-government-licence/version/1", "OGL-UK-1.0"),
    ("govdata.de/dl-de/by-2-0", "DL-DE-BY-2.0"),
    ("govdata.de/dl-de/zero-2-0", "DL-DE-ZERO-2.0"),
    ("gnu.org/licenses/fdl-1.3", "GFDL-1.3-only"),
    ("gnu.org/licenses/old-licenses/fdl-1.2", "GFDL-1.2-only"),
    ("gnu.org/licenses/gpl-3.0", "GPL-3.0-only"),
    ("gnu.org/copyleft/fdl", "LicenseRef-tamis-GFDL"),
    ("opensource.org/licenses/mit", "MIT"),
    ("opensource.org/license/mit", "MIT"),
    ("apache.org/licenses/license-2.0", "Apache-2.0"),
    ("opendatacommons.org/licenses/by/1", "ODC-By-1.0"),
    ("opendatacommons.org/licenses/odbl/1", "ODbL-1.0"),
    ("opendatacommons.org/licenses/pddl/1", "PDDL-1.0"),
    ("etalab.gouv.fr/licence-ouverte", "etalab-2.0"),
    ("github.com/etalab/licence-ouverte", "etalab-2.0"),
)
OTHER_NAMES = (
    (re.compile(r"\bopen government licen[cs]e,? \(?(?:version|v\.?)?\s?3(?:\.0)?\b", re.IGNORECASE), "OGL-UK-3.0"),
    (
        re.compile(r"\bfree documentation licen[cs]e,? (?:version )?1\.3,? or (?:any )?later\b", re.IGNORECASE),
        "GFDL-1.3-or-later",
    ),
    (
        re.compile(r"\bfree documentation licen[cs]e,? (?:version )?1\.2,? or (?:any )?later\b", re.IGNORECASE),
        "GFDL-1.2-or-later",
    ),
    (
        re.compile(r"\bdatenlizenz deutschland\W{1,5}namensnennung\W{1,5}(?:version )?2\.0\b", re.IGNORECASE),
        "DL-DE-BY-2.0",
    ),
    (re.compile(r"\bdatenlizenz deutschland\W{1,5}zero\W{1,5}(?:version )?2\.0\b", re.IGNORECASE), "DL-DE-ZERO-2.0"),
    (re.compile(r"\bgnu free documentation licen[cs]e\b", re.IGNORECASE), "LicenseRef-tamis-GFDL"),
)

_CONTENT = frozenset((
    "content", "contents", "text", "texts", "site", "website", "blog", "wiki", "page", "pages", "material",
    "materials",
    "documentation", "docs", "inhalt", "inhalte", "inhalten", "texte", "texten", "webseite", "seite", "seiten",
    "webseiten", "artikeltext", "artikeltexte", "textinhalte", "contenu", "contenus", "textes", "contenido",
    "contenidos", "texto", "textos", "sitio", "página", "contenuto", "contenuti", "testo", "testi", "sito", "pagina",
    "inhoud", "tekst", "teksten", "conteúdo", "informationen", "information", "internetauftritt", "internetseite",
    "informations", "información", "informazioni", "informatie", "weblog", "contributions", "werkstukken",
    "materialien",
))  # fmt: skip
"""What only the page can mean, even without `this`."""

_WORKS = frozenset((
    "work", "works", "article", "articles", "post", "posts", "story", "stories", "book", "textbook", "handbook",
    "chapter", "course", "courses", "lesson", "lessons", "lecture", "lectures", "report", "paper", "papers",
    "document",
    "documents", "essay", "essays", "publication", "publications", "tutorial", "tutorials", "guide", "manual",
    "recipe",
    "recipes", "newsletter", "column", "entry", "entries", "review", "resource", "resources", "transcript",
    "transcripts",
    "notes", "presentation", "writing", "poem", "journal", "preprint", "worksheet", "syllabus", "curriculum",
    "episode", "letter",
    "encyclopedia", "glossary", "module", "edition", "faq", "brief", "factsheet", "publicación", "publicaciones",
    "werk", "werke", "beitrag", "beiträge", "artikel", "buch", "kapitel", "kurs", "lektion", "bericht", "dokument",
    "rezept", "rezepte", "arbeit", "aufsatz", "veröffentlichung", "handbuch", "skript", "unterrichtsmaterial",
    "lexikon",
    "œuvre", "oeuvre", "billet", "billets", "livre", "chapitre", "cours", "leçon", "rapport", "recette", "recettes",
    "ouvrage", "document", "ressource", "ressources", "obra", "obras", "artículo", "artículos", "entrada", "libro",
    "capítulo", "curso", "lección", "informe", "receta", "recetas", "trabajo", "opera", "opere", "articolo",
    "articoli",
    "libro", "capitolo", "corso", "lezione", "ricetta", "ricette", "rapporto", "boek", "hoofdstuk", "cursus", "les",
    "verslag", "recept", "recepten", "artikelen", "bericht", "berichten", "handleiding", "pubblicazione",
    "publicatie",
    "obra", "dispensa", "saggio", "notice", "fiche", "ficha", "scheda", "tutoriel", "guía", "guida", "gids",
))  # fmt: skip

_PARTS = frozenset((
    "photo", "photos", "photograph", "photographs", "photography", "photographer", "photographers", "image", "images",
    "picture", "pictures", "icon", "icons", "font", "fonts", "typeface", "music", "song", "songs", "soundtrack",
    "sound",
    "sounds", "audio", "video", "videos", "film", "clip", "footage", "code", "software", "program", "app", "script",
    "scripts", "source", "snippets", "snippet", "library", "package", "plugin", "plugins", "theme", "template",
    "templates", "dataset", "datasets", "data", "database", "databases", "map", "maps", "tiles", "comment",
    "comments",
    "illustration", "illustrations", "drawing", "drawings", "artwork", "logo", "logos", "cover", "thumbnail",
    "thumbnails", "header", "banner", "graphic", "graphics", "figure", "figures", "fig", "chart", "charts", "diagram",
    "diagrams", "screenshot", "screenshots", "emoji", "avatar", "avatars", "model", "weights", "project",
    "repository",
    "slides", "table", "portrait", "painting", "poster", "cartoon", "quote", "quotation", "quotes", "excerpt",
    "stylesheet",
    "javascript", "css", "design", "layout", "background", "recording", "recordings", "animation", "img", "metadata",
    "responses", "answers", "abstracts", "abstract", "credit",
    "credits",
    "api", "examples", "samples", "foto", "fotos", "bild", "bilder", "bildern", "abbildung", "abbildungen", "grafik",
    "grafiken", "karte", "karten", "kartendaten", "musik", "daten", "datensatz", "datensätze", "kommentare",
    "kommentar",
    "quellcode", "quelltext", "programm", "zeichnung", "zeichnungen", "schrift", "schriftart", "symbole", "icons",
    "bildnachweis", "bildnachweise", "bildquelle", "bildrechte", "titelbild", "aufnahme", "fotografie", "fotografien",
    "beispielcode", "photographie", "photographies", "photographe", "musique", "données", "carte", "cartes", "icône",
    "icônes", "police", "logiciel", "commentaires", "commentaire", "dessin", "dessins", "crédit", "crédits", "vidéo",
    "vidéos", "couverture", "visuel", "visuels", "schéma", "fotografía", "fotografías", "imagen", "imágenes",
    "música",
    "datos", "mapa", "mapas", "código", "comentarios", "comentario", "icono", "iconos", "ilustración",
    "ilustraciones",
    "fuente", "vídeo", "vídeos", "dibujo", "crédito", "créditos", "immagine", "immagini", "fotografia", "musica",
    "dati",
    "mappa", "mappe", "codice", "commenti", "commento", "icona", "icone", "illustrazione", "illustrazioni", "disegno",
    "disegni", "copertina", "afbeelding", "afbeeldingen", "muziek", "gegevens", "kaart", "kaarten", "broncode",
    "reacties", "reactie", "lettertype", "pictogrammen", "illustratie", "illustraties", "tekening", "omslag", "beeld",
    "fotografie", "soundfile", "asset", "assets", "sprite", "sprites", "pattern", "patterns", "upload", "uploads",
    "file", "files",
    "datei", "dateien", "fichier", "fichiers", "archivo", "archivos", "ton", "intro", "outro", "jingle",
))  # fmt: skip
_PART_ENDINGS = re.compile(r"(?:bild|bilder|foto|fotos|grafik|grafiken|karte|karten|daten|code|software|musik)$")
_LISTS = frozenset((
    "references", "sources", "bibliography", "related", "results", "quellen", "literatur", "quellenangaben",
    "références", "sources", "referencias", "fuentes", "fonti", "bronnen", "attributions", "acknowledgements",
    "elsewhere", "licenses", "licences", "lizenzen", "licencias", "licenze", "licenties",
    "links",
))  # fmt: skip
"""Headings of lists of other people's works."""

_OURS = frozenset((
    "this", "these", "our", "my", "all", "any", "everything", "dies", "diese", "dieser", "dieses", "diesem", "diesen",
    "unser", "unsere", "unserer", "mein", "meine", "alle", "aller", "sämtliche", "ce", "cet", "cette", "ces", "notre",
    "nos", "mon", "mes", "tout", "tous", "toutes", "este", "esta", "estos", "estas", "nuestro", "nuestra", "nuestros",
    "nuestras", "todo", "todos", "todas", "toda", "questo", "questa", "questi", "queste", "quest", "nostro", "nostri",
    "nostra", "nostre", "tutti", "tutte", "tutto", "deze", "dit", "onze", "ons", "mijn", "el presente", "presente",
    "présent", "présente", "vorliegende", "vorliegender", "vorliegendes", "hier", "here",
))  # fmt: skip
_THEIRS = frozenset((
    "their", "his", "her", "whose", "another", "ihr", "ihre", "sein", "seine", "dessen", "deren", "leur", "leurs",
    "son",
    "loro", "suo", "sua", "hun", "haar", "sus", "su", "other", "those", "jene", "jener", "many", "some", "most",
    "each",
    "every", "your", "viele", "manche", "einige", "certains", "plusieurs", "algunos", "muchos", "alcuni", "molti",
))  # fmt: skip
_OF = frozenset(
    ("of", "from", "in", "des", "der", "von", "aus", "du", "de", "del", "della", "dell", "di", "van", "uit")
)
_JOINS = frozenset(("and", "&", ",", "und", "et", "y", "e", "en", "or", "oder", "sowie", "as"))

_EXCEPTION = re.compile(
    r"\s*(?:except|unless|if not|where not|other than|apart from|excluding|with the exception|sofern|soweit"
    r"|wenn nicht"
    r"|falls nicht|sauf|à l['’]exception|hormis|salvo|excepto|a menos|a excepción|eccetto|tranne|se non|dove non"
    r"|ove non"
    r"|ad eccezione|ad esclusione|tenzij|behalve|met uitzondering|außer|bis auf|mit ausnahme)\b[^,:]{0,120}"
    r"(?:,|\b(?:noted|stated|indicated|specified|mentioned|marked|credited)\b,?)",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:not|n['’]t|cannot|never|no longer|instead|formerly|previously|used to|until|such as|for example|e\.g\."
    r"|compatible|choos\w+|recommend\w*|should|must|could|would|might|will|sera|será|sarà|zal|if you|whether"
    r"|explain\w*|discuss\w*|describ\w*"
    r"|compar(?:es?|ed|ing|isons?)|about|how to|means?|imagine|suppose|ask(?:ed|s)?|considers?|switch\w*|mov(?:e|ed"
    r"|ing) to|what is"
    r"|powered by|built with|made with|courtesy|adapted from|based on|translated from|originally|help\w*"
    r"|contributors? (?:agree|licen[cs]e|grant|release|submit|can|keep|retain)"
    r"|by (?:submitting|contributing|posting|uploading)|you agree|search\w*|filter\w*|nicht|kein\w*"
    r"|früher"
    r"|bisher|statt|zum beispiel|z\. ?b\.|erklär\w*|empf\w+|müssen|sollte\w*|pas|n['’]\w+ plus|ne \w+ plus"
    r"|auparavant|par exemple|expliqu\w+"
    r"|explica\w*|antes|por ejemplo|ya no|non è|non sono|non più|per esempio|spiega\w*|niet|geen|voorheen"
    r"|bijvoorbeeld"
    r"|vroeger|uitleg|no est[áa]n?|nunca|jamais|jusqu\w*|hasta|fino al|tot 20\d\d)\b",
    re.IGNORECASE,
)
_GRANTS = re.compile(
    r"licen[cszç]|lizen[sz]|\bunder\b|\bunter\b|\bsous\b|\bbajo\b|\bsotto\b|\bonder\b|dedicat|waive|\bmarked\b"
    r"|\bvia\b"
    r"|\bsecondo\b|\bselon\b|\bgemäß\b|\bterms\b|©|\(c\)|copyright|public domain|freigegeben|gemeinfrei",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+|[&,]")
_NO_NOUN = re.compile(r"['’]s\b|\bfree documentation(?= licen)")
_END = re.compile(r"(?<![\s(][A-Z])(?<!^[A-Z])[.!?;](?=\s|$)|[\n|•·]|(?<=\s)[–—](?=\s)")
_BARS = re.compile(r"[|•·]|\s[–—-]\s")
_ALL_RIGHTS = re.compile(
    r"all rights reserved|alle rechte vorbehalten|tous (?:les )?droits (?:sont )?réservés"
    r"|todos los derechos (?:están )?reservados|tutti i diritti (?:sono )?riservati|alle rechten voorbehouden"
    r"|todos os direitos reservados",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def read_value(value: str) -> str | None:
    """The SPDX expression of an address or of words that name exactly one licence; null if they do not."""
    said = " ".join(value.split())
    found = creative_commons.read_address(said) or _other_address(said)
    if found:
        return found
    named = merged([mention.expression for mention in creative_commons.read_words(said) if mention.expression])
    named = named or other_names(said)
    return named[0] if len(named) == 1 else None if named else read_name(said).expression


def other_names(said: str) -> list[str]:
    return merged([licence for words, licence in OTHER_NAMES if words.search(said)])


def _other_address(said: str) -> str | None:
    address = said.casefold().partition("://")[2] or said.casefold().removeprefix("//")
    address = address.removeprefix("www.")
    return next((licence for start, licence in _ADDRESSES if address.startswith(start)), None)


def merged(expressions: list[str]) -> list[str]:
    """The distinct ones, a family left out where one of its licences is there: `CC BY` beside `CC BY 4.0`."""
    distinct = list(dict.fromkeys(expressions))
    return [each for each in distinct if not any(_is_of_family(other, each) for other in distinct)]


def _is_of_family(licence: str, family: str) -> bool:
    """Whether it says the same and more: a version, or the country of that version."""
    name = family.removeprefix("LicenseRef-tamis-")
    if name != family:
        return re.fullmatch(rf"{re.escape(name)}-\d.*", licence) is not None
    return name.startswith("CC-") and name[-1].isdigit() and licence.startswith(f"{name}-")


def may_reserve_all(text: str) -> bool:
    """Whether it has a stem of what `reserves_all` finds: much cheaper."""
    said = text.lower()
    return "serv" in said or "behalten" in said or "voorbehouden" in said


def reserves_all(text: str) -> re.Match[str] | None:
    return _ALL_RIGHTS.search(text)


@lru_cache(maxsize=256)
def sentence_before(text: str) -> str:
    """From the last end of a sentence on, without a clause that says where it is otherwise."""
    ends = list(_END.finditer(text))
    last = text[ends[-1].end() :] if ends else text
    return _EXCEPTION.sub(" ", last, count=1)


def item_before(text: str) -> str:
    """The last that is said before bars, dots or dashes: what they part from the licence may be what it is of."""
    items = [each for each in _BARS.split(text.rsplit("\n", 1)[-1]) if each.strip()]
    return sentence_before(items[-1].rstrip(" .")) if items else ""


def sentence_after(text: str) -> str:
    end = _END.search(text)
    return text[: end.start()] if end else text


def grants(sentence: str) -> bool:
    """Whether it has a word that leads to a licence: `under`, `licence`, `©`."""
    return _GRANTS.search(sentence) is not None


_FUNCTIONS = frozenset((
    "by", "is", "are", "under", "the", "an", "licensed", "licence", "license", "of", "terms", "in", "and", "made",
    "von", "ist", "sind", "unter", "der", "die", "einer", "lizenziert", "lizenz", "steht", "stehen", "par", "est",
    "sont", "sous", "la", "les", "le", "une", "mis", "por", "está", "están", "bajo", "una", "licencia", "licenza",
    "è", "sono", "con", "di", "sotto", "door", "onder", "een", "de", "valt", "vallen", "licentie", "cc", "creative",
    "commons",
))  # fmt: skip
_LEADS = re.compile(
    r"\W*(?:©|\(c\)|copyright|licen[cs]|lizen[sz]|licen[zç]|publish|releas|distribut|available|shared"
    r"|made available|under\b"
    r"|veröffentlicht|unter\b|publié|diffusé|sous\b|publicado|distribuido|bajo\b|pubblicato|rilasciato|distribuito"
    r"|gepubliceerd|beschikbaar|onder\b|rights|rechte|droits|derechos|diritti|rechten|reuse|terms)",
    re.IGNORECASE,
)


def leads(sentence: str) -> bool:
    """Whether a line begins with what leads to a licence and nothing else: `Licence:`, `© 2024`, `Published under`."""
    return _LEADS.match(sentence) is not None


def only_leads(sentence: str) -> bool:
    """Whether nothing stands there that could be a thing licensed: `Licence:`, `© 2024 Ute Holt,`, `by Ute under a`."""
    words = [word for word in _words(sentence) if len(word) > 1]
    return leads(sentence) or "©" in sentence or all(word in _FUNCTIONS for word in words)


def is_strange(sentence: str) -> bool:
    """Whether something is said that is neither understood nor leads to a licence: `Weather from the office, …`."""
    return any(len(word) > 1 for word in _words(sentence)) and not grants(sentence) and not leads(sentence)


def denies(sentence: str) -> bool:
    return _DENIES.search(sentence) is not None


def names_a_part(text: str) -> bool:
    """Whether a heading or label has a noun for pictures, code, comments, or for works that are not the page's."""
    return any(_is_part(word) or word in _LISTS for word in _words(text[:200]))


@lru_cache(maxsize=256)
def subject(sentence: str) -> Subject:
    """What the words before a licence speak of."""
    if denies(sentence):
        return "denied"
    words = _words(sentence)
    for place, word in enumerate(words):
        if _is_part(word):
            return "page" if _joined_with_text(words[place + 1 : place + 5]) else "part"
        if word in _CONTENT or word in _WORKS:
            return _of_work(words, place)
    return "none"


def _of_work(words: list[str], place: int) -> Subject:
    following = words[place + 1] if place + 1 < len(words) else ""
    if _is_part(following):
        return "part"
    before = words[max(0, place - 4) : place]
    if any(word in _THEIRS for word in before):
        return "theirs"
    if words[place] in _CONTENT and _is_of_a_work(words[place + 1 : place + 5]):
        return "bare"
    if any(word in _OURS for word in words[:place]) or (words[place] in _CONTENT and place <= 3):
        return "page"
    return "bare"


def _is_of_a_work(words: list[str]) -> bool:
    """Whether `text` or `content` goes on with `of the book`, and not with `of this book` or `of the site`."""
    of = bool(words) and words[0] in _OF
    return of and any(word in _WORKS for word in words) and not any(word in _OURS or word in _CONTENT for word in words)


def _joined_with_text(words: list[str]) -> bool:
    return bool(words) and words[0] in _JOINS and any(word in _CONTENT or word in _WORKS for word in words[1:])


def _is_part(word: str) -> bool:
    return word in _PARTS or (len(word) > 6 and _PART_ENDINGS.search(word) is not None)


def _words(text: str) -> list[str]:
    return _WORD.findall(_NO_NOUN.sub("", text.casefold()))
