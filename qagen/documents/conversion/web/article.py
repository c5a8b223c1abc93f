"""The article of a page: what stands around it (menus, banners, footers) is found by names and by links."""

from __future__ import annotations

import re
from collections import Counter

from bs4 import BeautifulSoup, Tag

from qagen.documents.conversion.web.hidden import classes

_ARTICLE = frozenset({"article", "main"})
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_ROLES = {
    "alertdialog": "notice",
    "banner": "header",
    "complementary": "sidebar",
    "contentinfo": "footer",
    "dialog": "notice",
    "menu": "menu",
    "menubar": "menu",
    "navigation": "menu",
    "search": "search",
    "toolbar": "menu",
}
_ELEMENTS = {"aside": "sidebar", "footer": "footer", "header": "header", "nav": "menu", "search": "search"}
# What the words in the class or id of an element say it is: wherever it stands, and outside the article.
_ANYWHERE = {
    **dict.fromkeys(("adsbygoogle", "advert", "advertisement", "sponsored"), "advertisement"),
    **dict.fromkeys(("breadcrumb", "breadcrumbs", "navbox", "pagination", "pager"), "menu"),
    **dict.fromkeys(("editsection", "headerlink", "skiplink", "noprint", "printfooter"), "menu"),
    **dict.fromkeys(("newsletter", "subscribe"), "newsletter"),
    **dict.fromkeys(("share", "sharing", "sharebar", "addtoany"), "menu"),
}
_NOTICE = frozenset(
    {"ccpa", "consent", "cookie", "cookies", "cookiebanner", "cookieconsent", "gdpr", "onetrust"}
)
_NOTICE_FORMS = frozenset(
    {
        *("alert", "banner", "bar", "box", "container", "dialog", "law", "message", "modal"),
        *("notice", "notification", "overlay", "popup", "wall"),
    }
)
_OUTSIDE = {
    **dict.fromkeys(("ad", "ads", "banner", "promo"), "advertisement"),
    **dict.fromkeys(("comments", "disqus"), "comments"),
    **dict.fromkeys(("copyright", "footer"), "footer"),
    **dict.fromkeys(("header", "masthead", "topbar"), "header"),
    **dict.fromkeys(("login", "menu", "nav", "navbar", "navigation", "skip", "toc", "toolbar"), "menu"),
    **dict.fromkeys(("related", "recommended", "recommendations", "sidebar", "social"), "sidebar"),
    **dict.fromkeys(("modal", "popup"), "notice"),
    "search": "search",
}
# Words of navigation that no article has: a short text that is named so is a menu even without links.
_NAVIGATION = frozenset(
    {
        *(
            "breadcrumb",
            "breadcrumbs",
            "login",
            "nav",
            "navbar",
            "navigation",
            "pager",
            "pagination",
            "skip",
            "skiplink",
        )
    }
)
_COOKIES = re.compile(
    r"\buses? (?:\w+ )?cookies|cookies verwende|verwende[nt] (?:\w+ )?cookies|utilis\w+ (?:des|les) cookies"
    r"|(?:クッキー|cookie)を(?:使用|利用)|نستخدم ملفات تعريف الارتباط",
    re.IGNORECASE,
)
_BOXES = frozenset({"aside", "div", "form", "p", "section"})
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SHORT = 300
_MOST_NOTICE = 2500
_MOSTLY_LINKS = 0.5
_LEAST_LEFT = 0.1
_FAR_MORE = 2
_FEWEST_LINKS = 3
_LONGEST_ENTRY = 30


class Furniture:
    """Takes out of a page what stands around its article, and counts it by what it is."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self.root: Tag = soup.body or soup
        self.found: Counter[str] = Counter()
        self._length = max(1, _length(self.root))
        self._sections = self.root.find_all([*_ARTICLE]) or self.root.find_all(role="main")
        self._tells_of_cookies = _COOKIES.search(self.root.get_text(" ")) is not None

    def taken_out(self) -> Tag:
        """What remains: the main part of the page if it has one, else its body without what is around."""
        doomed = [(tag, kind) for tag in self.root.find_all(name=True) if (kind := self._kind(tag))]
        inside = {id(tag) for tag, _ in doomed}
        outermost = [(tag, kind) for tag, kind in doomed if not any(id(up) in inside for up in tag.parents)]
        lost = sum(_length(tag) for tag, _ in outermost)
        if self._length - lost < self._length * _LEAST_LEFT and not self._sections:
            return self.root
        for tag, kind in outermost:
            self._take(tag, kind)
        if not self._sections:
            self._take_menus()
        return self._main()

    def _take(self, tag: Tag, kind: str) -> None:
        if tag.get_text(strip=True):
            self.found[kind] += 1
        title = tag.find("h1") if kind == "header" else None
        if title is not None and not self._has_other_title(tag):
            tag.replace_with(title.extract())
        else:
            tag.decompose()

    def _has_other_title(self, header: Tag) -> bool:
        """Whether the page has a main title outside its header."""
        return any(header not in title.parents for title in self.root.find_all("h1"))

    def _kind(self, tag: Tag) -> str | None:
        """What an element is of the furniture of a page; ``None`` for a part of the article."""
        plain = not tag.attrs and tag.name not in _ELEMENTS
        if plain and not (self._tells_of_cookies and tag.name in _BOXES):
            return None
        if tag.name in _ARTICLE or tag is self.root or tag.get("role") == "main":
            return None
        inside = any(up.name in _ARTICLE or up.get("role") == "main" for up in tag.parents)
        words = {
            word.lower()
            for name in (*classes(tag), str(tag.get("id") or ""))
            for word in _WORDS.findall(name)
        }
        kind = self._declared(tag, inside=inside) or self._named(tag, words, inside=inside)
        if kind is None and not inside and tag.name in _BOXES and self._tells_of_cookies:
            told = tag.get_text(" ", strip=True)
            kind = "cookie notice" if len(told) <= _SHORT and _COOKIES.search(told) else None
        return None if kind is None or (kind != "header" and self._holds_article(tag)) else kind

    def _declared(self, tag: Tag, *, inside: bool) -> str | None:
        """What its element or its role says it is."""
        role = str(tag.get("role") or "")
        if tag.name == "nav" or role in {"navigation", "search", "menu", "menubar", "toolbar"}:
            return _ROLES.get(role, "menu")
        kind = _ELEMENTS.get(tag.name) or _ROLES.get(role)
        return None if inside or (kind == "header" and self._holds_article(tag)) else kind

    def _named(self, tag: Tag, words: set[str], *, inside: bool) -> str | None:
        """What the words in its class or id say it is, if its size and its links agree."""
        if not words:
            return None
        if words & _NOTICE and (not inside or words & _NOTICE_FORMS):
            return "cookie notice" if _length(tag) <= _MOST_NOTICE and tag.find("h1") is None else None
        kind = next((_ANYWHERE[word] for word in sorted(words & _ANYWHERE.keys())), None)
        if kind is None and not inside:
            kind = next((_OUTSIDE[word] for word in sorted(words & _OUTSIDE.keys())), None)
            if kind and self._sections:
                return kind
        if kind is None or tag.find([*_HEADINGS[:2], "table"]) is not None:
            return None
        small = _length(tag) <= min(_SHORT, self._length // 2) and (
            kind != "menu" or bool(words & _NAVIGATION)
        )
        return kind if small or _links(tag) >= _MOSTLY_LINKS else None

    def _holds_article(self, tag: Tag) -> bool:
        """Whether the article, or most of the text, is in it."""
        if tag.find([*_ARTICLE]) is not None or tag.select_one("[role=main]") is not None:
            return True
        return not self._sections and _length(tag) > self._length // 2 and _links(tag) < _MOSTLY_LINKS

    def _take_menus(self) -> None:
        """Takes out lists of short links above the first title or text and below the last one."""
        lists = [tag for tag in self.root.find_all(["ul", "ol", "div", "p", "center"]) if _is_menu(tag)]
        menus = {id(tag) for tag in lists}
        texts = [
            tag
            for tag in self.root.find_all(["h1", "p", "table", "pre", "blockquote"])
            if id(tag) not in menus and _length(tag)
        ]
        if not texts:
            return
        order = {id(tag): number for number, tag in enumerate(self.root.find_all(name=True))}
        first, last = order[id(texts[0])], order[id(texts[-1])]
        for tag in lists:
            if not tag.decomposed and not first < order[id(tag)] < last:
                self._take(tag, "menu")

    def _main(self) -> Tag:
        """The one main part, unless more text stands beside it than in it."""
        mains = self.root.find_all("main") or self.root.find_all(role="main")
        if len(mains) != 1:
            return self.root
        [main] = mains
        beside = _length(self.root) - _length(main)
        if not _length(main) or beside > _FAR_MORE * _length(main):
            return self.root
        title = self.root.find("h1")
        if title is not None and main.find("h1") is None:
            main.insert(0, title.extract())
        if beside > (_length(title) if title is not None else 0):
            self.found["other part"] += 1
        return main


def _is_menu(tag: Tag) -> bool:
    """Whether a list is nothing but short links."""
    links = tag.find_all("a")
    if len(links) < _FEWEST_LINKS or _links(tag) < 1 - _LEAST_LEFT:
        return False
    return all(_length(link) <= _LONGEST_ENTRY for link in links)


def _length(tag: Tag) -> int:
    return len(tag.get_text(strip=True))


def _links(tag: Tag) -> float:
    """The share of the text that is links."""
    if tag.name == "a":
        return 1.0
    whole = _length(tag)
    return sum(_length(link) for link in tag.find_all("a")) / whole if whole else 1.0
