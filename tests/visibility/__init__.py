"""What was made in one dialect, read in every other one."""
