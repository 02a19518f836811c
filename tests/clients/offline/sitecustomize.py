"""Python imports this at its start if this folder is on PYTHONPATH: from then on, only loopback can be reached.

An attempt to go elsewhere ends the process, because an exception might be swallowed by the library that tried.
"""

import ipaddress
import os
import sys
from typing import Any


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if name not in (None, "", "localhost") and not _is_loopback(name):
        os.write(2, f"offline: tried to reach {name}\n".encode())
        os._exit(97)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


sys.addaudithook(_refuse)
