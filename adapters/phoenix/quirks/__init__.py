"""What tables cannot say, each with the fact behind it."""
