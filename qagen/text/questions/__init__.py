"""What a question asks, in a form in which wordings of one question are equal: English and Japanese.

A question becomes the kind of its answer (who, when, how many ...), its words without those that carry no
meaning and with one word for a group of synonyms, its event words (final, second leg), numbers and names.
The word lists are small and general; a question of another language keeps all of its words.
"""
