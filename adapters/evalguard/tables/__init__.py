"""Where every field stands, the words, and the numbers of errors."""
