"""PPTX: what the slides of a presentation show, slide by slide."""
