"""What is asked in an evaluation: unseen wordings, other formats, twins without an answer, withheld facts."""
