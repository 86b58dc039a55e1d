"""Respan's published clients: scripts for their environments, and the tests that read what they saw."""
