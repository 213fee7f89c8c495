"""Run one command so that nothing of it outlives the process that asked for it.

    python -I -S guard.py PARENT_PID PID_FD STOP_SIGNAL GRACE_SECONDS SESSION COMMAND…

PDEATHSIG reaches only direct children, while pool workers and engine processes are grandchildren, some in sessions of their
own. So this process makes itself the subreaper of all of them. When its parent dies (even by kill -9) or asks it to stop (by
SIGTERM), it sends the command its own stop signal, waits, and then kills every descendant that is left. It uses the standard
library alone and starts in 20 ms.
"""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
IGNORED = (signal.SIGINT, signal.SIGHUP)
libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, value: int) -> None:
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option})")


def keep_files_to_ourselves() -> None:
    for name in os.listdir("/proc/self/fd"):
        fd = int(name)
        if fd > 2 and Path(f"/proc/self/fd/{fd}").exists():
            os.set_inheritable(fd, False)


def launch(argv: list[str], stop: int, own_session: bool) -> int:
    me = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        if own_session:
            os.setsid()
        prctl(PR_SET_PDEATHSIG, stop)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        for ignored in IGNORED:
            signal.signal(ignored, signal.SIG_DFL)
        if os.getppid() == me:
            os.execvp(argv[0], argv)
    except OSError as error:
        print(f"cannot run {argv[0]}: {error}", file=sys.stderr, flush=True)
    os._exit(127)


def descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we were reading
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, queue = [], [root]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def reap(watched: int) -> int | None:
    """Collect every ended child; return the exit code of `watched` if it was among them."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == watched:
            code = os.waitstatus_to_exitcode(status)


def send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def kill_the_rest() -> None:
    while left := descendants(os.getpid()):
        for pid in left:
            send(pid, signal.SIGKILL)
        time.sleep(0.01)
        reap(0)


def watch(child: int, stop: int, grace: float) -> int:
    deadline = None
    while True:
        wait = 0.5 if deadline is None else max(0.0, deadline - time.monotonic())
        got = signal.sigtimedwait({signal.SIGTERM, signal.SIGCHLD}, wait)
        code = reap(child)
        if code is not None:
            return code
        if deadline is None and got is not None and got.si_signo == signal.SIGTERM:
            send(child, stop)
            deadline = time.monotonic() + grace
        if deadline is not None and time.monotonic() >= deadline:
            send(child, signal.SIGKILL)
            deadline = time.monotonic() + 1


def main() -> int:
    parent, pid_fd, stop, grace = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})
    for ignored in IGNORED:
        signal.signal(ignored, signal.SIG_IGN)
    keep_files_to_ourselves()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return 1
    child = launch(sys.argv[6:], stop, own_session=sys.argv[5] == "own")
    os.write(pid_fd, str(child).encode())
    os.close(pid_fd)
    code = watch(child, stop, grace)
    kill_the_rest()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
