"""The Phoenix clients, and a real Phoenix beside the gateway."""
