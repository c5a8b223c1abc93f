"""A passage of a document read with its title and headings: what it is about, and which sentence says what.

``passage`` is the reading itself; ``pieces`` divides the text of a page, ``capitals`` finds the names in it.
"""
