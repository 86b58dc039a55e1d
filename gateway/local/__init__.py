"""The embedded target: every canonical operation, answered from the store."""
