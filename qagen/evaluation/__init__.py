"""Did the model learn it: probes, answers, scores, and the report card."""
