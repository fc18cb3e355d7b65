"""Arenas of the C library: few, and what is free is given back."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from streams.operations import memory

# In a process of its own: threads take and free eight million bytes each in small pieces; arenas afterwards.
_ARENAS = """
import ctypes, sys, threading
from streams.operations.memory import few_arenas
if sys.argv[1] == "few":
    assert few_arenas()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.free.argtypes = [ctypes.c_void_p]
gate = threading.Barrier(6)
def work():
    gate.wait()
    held = [library.malloc(4000) for _ in range(2000)]
    gate.wait()
    for place in held:
        library.free(place)
threads = [threading.Thread(target=work) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
"""

glibc = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="another C library")


def arenas(kind: str) -> int:
    """How many arenas six threads come to."""
    done = subprocess.run([sys.executable, "-c", _ARENAS, kind], capture_output=True, text=True, check=True)
    return done.stdout.count("<heap ")


@glibc
def test_threads_share_two_arenas() -> None:
    assert arenas("few") <= memory.ARENAS < arenas("many")


@glibc
def test_free_memory_is_given_back() -> None:
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    library.free.argtypes = [ctypes.c_void_p]
    held = [library.malloc(60_000) for _ in range(500)]
    for place in held:
        library.free(place)
    assert memory.give_back()


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not memory.few_arenas() and not memory.give_back()

    def none(name: object) -> object:
        raise OSError

    monkeypatch.setattr(ctypes, "CDLL", none)
    assert not memory.few_arenas() and not memory.give_back()
