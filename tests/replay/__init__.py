"""Replays recorded exchanges against a server and compares the answers.

`python -m tests.replay FILE` prints, line by line, what is equal and what differs.
"""
