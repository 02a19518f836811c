"""The simulated provider as an HTTP server, for other languages, notebooks and curious people.

Importing this package imports h11 and pydantic; `gradus.sim` does not import it.
"""

from .server import Server, is_loopback

__all__ = ["Server", "is_loopback"]
