"""The numbers of a text by value, whatever they are written with: 10,000, 1万, 一万, ten thousand.

The text is rewritten step by step until every number stands in plain digits (``japanese``, ``english``); then
they are read off (``reader``).
"""
