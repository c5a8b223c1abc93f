"""Reading text without a model: spellings, scripts, places, sentences, numbers, names, languages."""
