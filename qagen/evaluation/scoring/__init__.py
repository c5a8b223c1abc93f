"""Is a reply right? By its words, and by what stands around them."""
