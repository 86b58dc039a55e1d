"""EvalGuard's published client: scripts for its environment, and the tests that read what they saw."""
