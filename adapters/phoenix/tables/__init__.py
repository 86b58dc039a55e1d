"""Where each field stands."""
