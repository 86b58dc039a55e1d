"""The reference: an OpenAPI 3.1 document per dialect, made from the routes that serve it, and a page that shows them."""

from gateway.docs.openapi import document
from gateway.docs.pages import routes

__all__ = ["document", "routes"]
