# Runs a job's script as `python3 script.py` would, and leaves a record of it.
#
#   python3 tidemill_bootstrap.py SCRIPT ARGUMENT...
#
# Descriptor 3 is the run's status file, locked (flock) since before this process was there. Two
# lines of JSON go into it: one right before the script's first line, one at the very end. Nothing
# is imported here that the interpreter has not loaded already: this stands in front of every run.
import atexit
import os
import sys
from time import time_ns

STATUS = 3


def bootstrap():
    os.set_inheritable(STATUS, False)
    identity = (os.fstat(STATUS).st_ino, os.getpid())
    end = {"exit": 0, "error": None}

    def record_end():
        try:
            # Not in a forked child, and not into a file that the script opened in its place.
            if (os.fstat(STATUS).st_ino, os.getpid()) != identity:
                return
            error = ""
            if end["error"] is not None:
                import json

                error = ', "error": ' + json.dumps(end["error"])
            line = '{"ended": %d, "exit": %d%s}\n' % (time_ns(), end["exit"], error)
            os.write(STATUS, line.encode())
        except OSError:
            pass

    # Registered first, hence called last: after the script's own handlers and its threads.
    atexit.register(record_end)

    path = sys.argv[1]
    del sys.argv[0]
    sys.path[0] = os.path.dirname(path)
    module = type(sys)("__main__")
    space = module.__dict__
    loader = type(__loader__)("__main__", path) if __loader__ is not None else None
    space.update(
        __file__=path, __loader__=loader, __builtins__=__builtins__, __annotations__={}, __cached__=None
    )
    sys.modules["__main__"] = module
    try:
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec", dont_inherit=True)
        os.write(STATUS, b'{"started": %d, "pid": %d}\n' % (time_ns(), os.getpid()))
        # After a power cut it has to be known that this began: it is never begun twice.
        os.fsync(STATUS)
        exec(code, space)
    except SystemExit as error:
        status = error.code
        if status is not None and status != 0:
            end["exit"] = status & 0xFF if isinstance(status, int) else 1
            end["error"] = ("SystemExit: %s" % (status,))[:4000]
        raise
    except BaseException as error:
        end["exit"] = 1
        end["error"] = describe(error)
        # The first frame is this function's own.
        frames = error.__traceback__ and error.__traceback__.tb_next
        sys.excepthook(type(error), error.with_traceback(frames), frames)
        failed = True
    else:
        failed = False
    if failed:
        sys.exit(1)


def describe(error):
    """The last line of the traceback."""
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = kind.__module__ + "." + name
    try:
        text = str(error)
    except Exception:
        text = "<exception str() failed>"
    return (name + ": " + text if text else name)[:4000]


bootstrap()
