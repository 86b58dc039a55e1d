"""What tables cannot say, as small named functions."""
