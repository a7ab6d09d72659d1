"""The tests themselves: nothing leaves this machine, not from a test and not from a process it starts."""

import socket
import subprocess
import sys

import pytest


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.org"])
def test_a_connection_beyond_this_machine_is_refused(host: str) -> None:
    with pytest.raises(PermissionError, match="wanted to reach"):
        socket.create_connection((host, 80), timeout=1)
    code = f"import socket; socket.create_connection(({host!r}, 80), timeout=1)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "wanted to reach" in ran.stderr


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()
