"""Whether two answers to one question say the same: English and Japanese.

``answer`` reads one (its words, units, numbers, date, items), ``agreement`` compares two, with ``wordwise``
for the words of English ones and ``japanese`` for those of Japanese ones.
"""
