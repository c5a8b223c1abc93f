"""From files that are not plain text to the Markdown that a reader sees; what was not kept is a warning."""
