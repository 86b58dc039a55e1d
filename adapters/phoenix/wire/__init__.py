"""Bodies and queries as the server validates them (the texts of its validation errors are pydantic's, as here), and the documented answers."""
