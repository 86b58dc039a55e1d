"""Language models behind one port."""

from gateway.execution.models.base import ChatRequest, Completion, Model
from gateway.execution.models.catalogue import Models

__all__ = ["ChatRequest", "Completion", "Model", "Models"]
