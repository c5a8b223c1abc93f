"""Proper names in a text, without a dictionary: runs of capitals, katakana, kanji that look like a name.

``reader`` finds them, by the rules of their script (``latin``, ``japanese``); ``told`` says whether a text
names what a name names, in another form too.
"""
