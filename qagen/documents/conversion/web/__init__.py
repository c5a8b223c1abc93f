"""What is written in HTML: pages, books and mails, as the Markdown that a reader of the page sees."""
