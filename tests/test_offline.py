"""The tests themselves: nothing leaves this machine, not from a test and not from a process it starts."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.config import ROOT
from tests.conftest import CUT_OFF


@pytest.mark.attack("any part of the tests reaches beyond the machine", "refused by the system or the interpreter")
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


@pytest.mark.attack("any part of the tests reaches beyond the machine", "refused by the system or the interpreter")
def test_programs_that_are_no_python_are_cut_off_too() -> None:
    if not CUT_OFF:
        pytest.skip("this system gives a process no network of its own, or QDRANT_URL is set")
    for host, reached in (("192.0.2.1", False), ("127.0.0.1", True)):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            ran = subprocess.run(
                ["bash", "-c", f"exec 3<>/dev/tcp/{host}/{port}"], capture_output=True, text=True, timeout=10
            )
        assert (ran.returncode == 0) is reached, ran.stderr
        assert reached or "unreachable" in ran.stderr


def test_the_encoder_reports_to_nobody(tmp_path: Path) -> None:
    """onnxruntime keeps a name for the machine and what it has to report in these folders, where it reports."""
    code = "from retrieval.encoders.embedder import FastEmbedder; FastEmbedder('footnote/study').embed(['a\\nb'])"
    places = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "TMPDIR": str(tmp_path)}
    without = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=without | places, check=True, capture_output=True)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
