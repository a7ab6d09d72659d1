"""A build on a machine that starts no more threads: a library that stands before the system's says so."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.config import ROOT
from tests.conftest import SMALL_COURSE, write_course

REFUSING = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
typedef int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
static int made;
int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *with) {
  if (__atomic_add_fetch(&made, 1, __ATOMIC_SEQ_CST) > atoi(getenv("MOST_THREADS"))) return EAGAIN;
  return ((create)dlsym(RTLD_NEXT, "pthread_create"))(t, a, run, with);
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refusing")
    (folder / "refusing.c").write_text(REFUSING)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "refusing.so", folder / "refusing.c", "-ldl"], check=True)
    return folder / "refusing.so"


@pytest.mark.fault("no thread can be started", "said with a remedy")
@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("cc"), reason="needs a C compiler on Linux")
@pytest.mark.parametrize("most", [0, 7, 24])  # at once; while files are read; in the engine
def test_it_is_said_with_a_remedy(tmp_path: Path, library: Path, most: int) -> None:
    corpus = write_course(tmp_path / "corpus", SMALL_COURSE)
    places = {"CORPUS": str(corpus), "INDEX_DIR": str(tmp_path / "index"), "QDRANT_URL": ""}
    refused = {"LD_PRELOAD": str(library), "MOST_THREADS": str(most)}
    ran = subprocess.run(
        [sys.executable, "-m", "ingest", "-q"],
        cwd=ROOT,
        env=os.environ | places | refused,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("ingest: No thread can be started on this machine. Close other programs")
    assert "Traceback" not in ran.stderr
