"""Running a command in this process."""

import pytest

from app.__main__ import main

CATS = "How long do cats sleep?"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err
