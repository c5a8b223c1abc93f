"""From passages to a dataset of question-answer pairs."""
