"""Tests that take their time: kill loops and soak."""
