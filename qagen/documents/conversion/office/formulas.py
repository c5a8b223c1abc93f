"""Formulas of office files (OMML, ECMA-376 part 1, 22.1) as LaTeX, each for itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_NAMES = (
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth log ln lg exp lim max min sup inf det "
    "gcd deg dim ker arg hom Pr limsup liminf"
)
_FUNCTIONS = frozenset(_NAMES.split())
_GREEK = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩϕϵϑ"
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon "
    "varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega phi varepsilon vartheta"
)
_RELATIONS = "±×÷·⋅≤≥≠≈≡∼∝∞∂∇∈∉⊂⊆∪∩→←↔⇒⇔∀∃∑∏∫…⋯"
_RELATION_NAMES = (
    "pm times div cdot cdot leq geq neq approx equiv sim propto infty partial nabla in notin subset subseteq "
    "cup cap to leftarrow leftrightarrow Rightarrow Leftrightarrow forall exists sum prod int ldots cdots"
)
_SIGNS = {
    **{sign: f"\\{name} " for sign, name in zip(_GREEK, _GREEK_NAMES.split(), strict=True)},
    **{sign: f"\\{name} " for sign, name in zip(_RELATIONS, _RELATION_NAMES.split(), strict=True)},
    "−": "-",
    "\u2061": "",
    "\u200b": "",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "$": r"\$",
}  # fmt: skip
_ACCENTS = {
    "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "overline", "\u0307": "dot",
    "\u0308": "ddot", "\u030c": "check", "\u0306": "breve", "\u20d7": "vec", "\u0301": "acute",
    "\u0300": "grave", "^": "hat", "~": "tilde", "¯": "bar", "→": "vec",
}  # fmt: skip
_LARGE = {
    "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "∬": r"\iint", "∭": r"\iiint", "∮": r"\oint",
    "⋃": r"\bigcup", "⋂": r"\bigcap", "⋁": r"\bigvee", "⋀": r"\bigwedge", "∐": r"\coprod",
}  # fmt: skip
_BRACES = {"{": r"\{", "}": r"\}", "⟨": r"\langle ", "⟩": r"\rangle ", "‖": r"\|", "⌊": r"\lfloor ",
           "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "": "."}  # fmt: skip
_BLANKS = re.compile(r" +(?=[\s^_{}\]),.;]|\Z)")


def latex(formula: Any) -> str:
    """The LaTeX of an ``m:oMath``; what it does not know is written as the text in it."""
    return _BLANKS.sub("", _all(formula)).strip()


def _all(element: Any) -> str:
    """What stands in an element, piece by piece; properties are no content."""
    return "".join(_one(child) for child in element if isinstance(child.tag, str))


def _one(element: Any) -> str:
    name = element.tag.removeprefix(M)
    if name.endswith("Pr") or element.tag.rpartition("}")[2] in {"rPr", "ctrlPr", "del", "moveFrom"}:
        return ""
    write = _WRITERS.get(name)
    return write(element) if write is not None else _all(element)


def _part(element: Any, name: str) -> str:
    """What stands in a named child, without the blanks around it."""
    found = element.find(f"{M}{name}")
    return _BLANKS.sub("", _all(found)).strip() if found is not None else ""


def _setting(element: Any, name: str, default: str = "") -> str:
    """The value of a property, such as the sign of a bracket."""
    for properties in element:
        if isinstance(properties.tag, str) and properties.tag.endswith("Pr"):
            found = properties.find(f"{M}{name}")
            if found is not None:
                return str(found.get(f"{M}val", default))
    return default


def _text(element: Any) -> str:
    written = "".join(element.itertext())
    if _plain(element) and any(sign.isspace() for sign in written.strip()):
        return rf"\text{{{written}}}"
    return "".join(_SIGNS.get(sign, sign) for sign in written)


def _plain(text: Any) -> bool:
    run = text.getparent()
    properties = run.find(f"{M}rPr") if run is not None else None
    return properties is not None and (properties.find(f"{M}nor") is not None)


def _fraction(element: Any) -> str:
    above, under = _part(element, "num"), _part(element, "den")
    kind = _setting(element, "type")
    if kind == "noBar":
        return rf"\binom{{{above}}}{{{under}}}"
    return f"{above}/{under}" if kind == "lin" else rf"\frac{{{above}}}{{{under}}}"


def _base(element: Any) -> str:
    base = _part(element, "e")
    return (
        base if len(base) <= 1 or re.fullmatch(r"\\[A-Za-z]+|\\left.*\\right.|\d+", base) else f"{{{base}}}"
    )


def _scripts(element: Any) -> str:
    written = _base(element)
    lower, upper = _part(element, "sub"), _part(element, "sup")
    return written + (f"_{{{lower}}}" if lower else "") + (f"^{{{upper}}}" if upper else "")


def _scripts_before(element: Any) -> str:
    lower, upper = _part(element, "sub"), _part(element, "sup")
    return "{}" + (f"_{{{lower}}}" if lower else "") + (f"^{{{upper}}}" if upper else "") + _base(element)


def _root(element: Any) -> str:
    degree = _part(element, "deg")
    return rf"\sqrt{f'[{degree}]' if degree else ''}{{{_part(element, 'e')}}}"


def _large(element: Any) -> str:
    sign = _setting(element, "chr", "∫")
    lower, upper = _part(element, "sub"), _part(element, "sup")
    limits = (f"_{{{lower}}}" if lower else "") + (f"^{{{upper}}}" if upper else "")
    return f"{_LARGE.get(sign, sign)}{limits} {_part(element, 'e')}"


def _brackets(element: Any) -> str:
    left, right = _setting(element, "begChr", "("), _setting(element, "endChr", ")")
    inner = _setting(element, "sepChr", "|").join(
        _BLANKS.sub("", _all(one)).strip() for one in element.iterfind(f"{M}e")
    )
    if (
        len(left) == len(right) == 1
        and left in "([|"
        and not re.search(r"\\(?:frac|sum|int|begin|binom)", inner)
    ):
        return f"{left}{inner}{right}"
    return rf"\left{_BRACES.get(left, left)}{inner}\right{_BRACES.get(right, right)}".rstrip()


def _function(element: Any) -> str:
    name, argument = _part(element, "fName"), _part(element, "e")
    head = re.match(r"[A-Za-z]+", name)
    if head and head[0] in _FUNCTIONS:
        name = f"\\{name}"
    elif head and len(head[0]) > 1:
        name = rf"\operatorname{{{head[0]}}}{name[head.end() :]}"
    return f"{name} {argument}" if argument[:1] not in "([" else f"{name}{argument}"


def _accent(element: Any) -> str:
    name = _ACCENTS.get(_setting(element, "chr", "\u0302"), "hat")
    return rf"\{name}{{{_part(element, 'e')}}}"


def _bar(element: Any) -> str:
    place = "overline" if _setting(element, "pos", "bot") == "top" else "underline"
    return rf"\{place}{{{_part(element, 'e')}}}"


def _limit(mark: str) -> Callable[[Any], str]:
    def written(element: Any) -> str:
        base = _part(element, "e")
        base = f"\\{base}" if base in _FUNCTIONS else base
        return f"{base}{mark}{{{_part(element, 'lim')}}}"

    return written


def _matrix(element: Any) -> str:
    rows = (
        " & ".join(_BLANKS.sub("", _all(cell)).strip() for cell in row.iterfind(f"{M}e"))
        for row in element.iterfind(f"{M}mr")
    )
    return _environment("matrix", rows)


def _lines(element: Any) -> str:
    lines = (_BLANKS.sub("", _all(one)).strip() for one in element.iterfind(f"{M}e"))
    return _environment("aligned", (line.replace(r"\&", "&") for line in lines))


def _environment(name: str, lines: Iterable[str]) -> str:
    inner = r" \\ ".join(lines)
    return rf"\begin{{{name}}} {inner} \end{{{name}}}"


_WRITERS: dict[str, Callable[[Any], str]] = {
    "acc": _accent,
    "bar": _bar,
    "d": _brackets,
    "eqArr": _lines,
    "f": _fraction,
    "func": _function,
    "limLow": _limit("_"),
    "limUpp": _limit("^"),
    "m": _matrix,
    "nary": _large,
    "rad": _root,
    "sPre": _scripts_before,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "sSup": _scripts,
    "t": _text,
}
