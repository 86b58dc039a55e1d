"""Bodies, queries and replies as they are on the wire."""
