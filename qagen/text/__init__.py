"""Reading text without a model: spellings, scripts, places, sentences, numbers, names, languages.

``Reading`` is one frozen value with what is known of one text, read once; ``PassageReading`` adds what a
passage's title and headings say. The rooms in it read numbers, proper names, questions and answers.
"""
