"""What whoever runs a server looks at: whether it is ready, how it is used, and its log."""

from sandbox.operations.routes import operation_routes
from sandbox.operations.traffic import Traffic, Watched

__all__ = ["Traffic", "Watched", "operation_routes"]
