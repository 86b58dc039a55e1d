"""`crosswalk bench`: what this installation adds to a call, beside the same call made without it."""
