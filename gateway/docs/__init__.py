"""The reference: an OpenAPI 3.1 document per dialect, made from the routes that serve it, a page that shows them, and the coverage page."""

from gateway.docs.openapi import document
from gateway.docs.pages import routes

__all__ = ["document", "routes"]
