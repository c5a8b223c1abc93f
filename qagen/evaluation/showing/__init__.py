"""What figures look like: in a terminal, in a notebook, and as what a page is made of."""
