"""What tables cannot say, each a small function with the fact behind it."""
