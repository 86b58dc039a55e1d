"""Tests that run the vendors' published clients, each in an environment of its own."""
