"""Full stops that end no sentence: of abbreviations, ordinals and dates, in the languages that have them."""

from __future__ import annotations

import re


def _any_of(*lines: str) -> re.Pattern[str]:
    words = {word for line in lines for word in line.split()}
    return re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)))


# Written small, without their last full stop; what may well end a sentence (etc., usw., ecc.) is not here.
_ABBREVIATION = _any_of(
    "mr mrs ms dr prof st sr jr rev gen col capt lt sgt hon mt vs cf al inc ltd co corp bros approx ca dept",
    "est jan feb mar apr jun jul aug sep sept oct nov dec okt dez ene abr giu lug ott déc févr",
    # German
    "bzw ggf evtl sog vgl inkl exkl zzgl mio mrd jh jhd geb gest hr fr frl str bspw ehem gegr verh ing",
    "mme mlle av bd env ste boul",  # French
    "sra srta dra dña ud uds lic núm pág págs aprox avda gral cía exmo",  # Spanish, Portuguese
    "sig sigg dott avv pag pagg geom",  # Italian
    "dhr mevr drs blz bijv resp tlf kl ul tzn np tj tzv např",  # Dutch, Scandinavian, Polish, Czech
    "ул стр рис св проф акад просп обл вул",  # Russian, Ukrainian, Bulgarian
    "κα κκ δηλ βλ αρ σελ δρ αγ τηλ χλμ",  # Greek
    "mah cad sok doç yrd bkz",  # Turkish
)
_TWICE = re.compile(r"([a-z])\1")  # EE. UU., the plural of abbreviations in Spanish
_BEFORE_NUMBER = _any_of(
    "no nos fig figs vol p pp nr art sec ch eq bd ver v abs abb tab kap núm pág n° αρ стр рис"
)
# What a number is counted in order by, before it: am 16. April, (5. Rang; and after it: 19. Jahrhundert.
_ORDINAL = re.compile(
    r"\(\d{1,3}\Z"
    r"|(?:\A|[\s(\"„«])(?i:am|im|vom|zum|zur|beim|dem|des|der|das|den|seit|ab|jede[rnms]?|eine[nmrs]?|und|oder)"
    r"[ \u00a0](?:\d{1,2}\.[ ]?(?:[-–/]|und|oder|bis)[ ]?)?\d{1,2}\Z"
)
_COUNTED = re.compile(
    r"(?:Januar|Jänner|Februar|Feber|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
    r"|Jan|Feb|Mär|Apr|Jun|Jul|Aug|Sept?|Okt|Nov|Dez|(?:Jahrhundert|Jahrtausend|Lebensjahr|Weltkrieg)[es]{0,2}"
    r"|Platz|Rang|Auflage|Geburtstag|Spieltag)\b"
)
# Before a name, as in Turkish or Czech (IV. Sergius); behind a name it is of it (World War II.).
_ROMAN = re.compile(r"(?:\A|[\s(\"„«])(?P<word>\w+[,;]? )?[IVX]{2,6}\Z")
_CENTURY = re.compile(r"[Ss]iglos?|[Ss]éculos?|[Ss]ecol(?:o|ul|i)|[Cc]h?ap[ií]\w+")
_LOOK = 40


def is_abbreviation(word: str, following: str) -> bool:
    """Whether a word, small and without its full stop, is an abbreviation before what follows."""
    if following.isdigit() and _BEFORE_NUMBER.fullmatch(word):
        return True
    return any(kind.fullmatch(word) for kind in (_ABBREVIATION, _TWICE))


def is_ordinal(text: str, stop: int, after: int) -> bool:
    """Whether the number before the full stop at ``stop`` counts in order: *16. April*, *II. Dünya Savaşı*.

    ``after`` is where the text goes on. What goes on in small letters is no question here.
    """
    low = max(0, stop - _LOOK)
    if _ORDINAL.search(text, low, stop) or _COUNTED.match(text, after):
        return True
    roman = _ROMAN.search(text, low, stop)
    before = (roman["word"] or "").rstrip(" ,;") if roman else ""
    return roman is not None and not before[:1].isupper() and _CENTURY.fullmatch(before) is None
