"""Every dialect's real client on every target."""
