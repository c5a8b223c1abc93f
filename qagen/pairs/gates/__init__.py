"""What a pair must pass to stay: evidence, language, whole words, one fact, and nothing said twice."""
