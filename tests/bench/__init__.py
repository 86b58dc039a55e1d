"""Measurements, each bounded in time; none of them is a test."""
