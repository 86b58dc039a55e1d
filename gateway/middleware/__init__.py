"""Pure ASGI middleware around the whole application, outermost first: observe, catch, guard the host, limit bodies."""

from gateway.middleware.body import LimitBody
from gateway.middleware.errors import CatchErrors
from gateway.middleware.host import GuardHost
from gateway.middleware.observe import Observe

__all__ = ["CatchErrors", "GuardHost", "LimitBody", "Observe"]
