"""Waiting for what a server does by itself: until it is so, or a deadline; never a fixed sleep."""

import time

LOOK_AGAIN_S = 0.02


def wait_until(ask, deadline_s=30, what=None):
    """The first true answer of `ask()`; AssertionError when the deadline passes without one."""
    end = time.monotonic() + deadline_s
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            told = what() if callable(what) else what
            raise AssertionError(f"not within {deadline_s} s: {told or ask}")
        time.sleep(LOOK_AGAIN_S)
