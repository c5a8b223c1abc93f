"""From files that are not plain text to the Markdown that a reader sees; what could not be kept is a warning."""
