"""Refuses every connection beyond this machine, in tests and in the Python processes they start.

Found by Python through PYTHONPATH, which `tests/conftest.py` sets. Only the host of QDRANT_URL may be reached.
"""

import ipaddress
import os
import sys
from urllib.parse import urlsplit

ALLOWED = {
    "localhost",
    urlsplit(os.environ.get("QDRANT_URL") or os.environ.get("TEST_QDRANT_URL", "")).hostname or "localhost",
}


def is_here(host: object) -> bool:
    """Whether an address or name is this machine, or that of QDRANT_URL."""
    if host in ALLOWED or host in ("", None):
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook, which nothing in the process can take away."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host: object = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
    else:
        return
    if not is_here(host):
        raise PermissionError(f"A test wanted to reach {host}: {event}")


sys.addaudithook(refuse)
