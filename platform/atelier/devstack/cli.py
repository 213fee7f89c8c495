import argparse
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from atelier.devstack import environment, ports
from atelier.devstack.errors import StackError
from atelier.devstack.folder import Folder
from atelier.devstack.process import Process
from atelier.devstack.stack import EVERYTHING, STORES, Stack
from atelier.devstack.wheels import REPOSITORY

DESCRIPTION = "Run Atelier's servers on loopback: PostgreSQL, Valkey, SeaweedFS, a mail sink, a Stripe stand-in, web, workers, beat."
STORES_HELP = f"'stores' = {', '.join(STORES)}; without a Django process nothing is migrated"
EPILOGUE = "Ports: " + ", ".join(ports.variable(name) for name in ports.NAMES) + "."
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    def __init__(self, number: int) -> None:
        self.number = number


def main(arguments: Sequence[str]) -> int:
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    try:
        return execute(arguments)
    except Interrupted as reason:
        return 128 + reason.number


def execute(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    try:
        code: int = options.act(options)
    except StackError as error:
        print(f"devstack: {error}", file=sys.stderr)
        return 1
    return code


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m atelier.devstack", description=DESCRIPTION, epilog=EPILOGUE)
    commands = root.add_subparsers(required=True, metavar="run | up | env")

    run = commands.add_parser("run", help="start the servers, run a command, stop them, exit with the command's code")
    _common(run, REPOSITORY / "var" / "run")
    run.add_argument("--volatile", action="store_true", help="no fsync: faster, and fine for data that nobody will miss")
    run.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD …", help="gets the environment that settings.py reads")
    run.set_defaults(act=_run)

    up = commands.add_parser("up", help="start the servers and stay until Ctrl-C")
    _common(up, REPOSITORY / "var" / "serve")
    up.add_argument("--then", metavar="CMD", help="run this once everything is ready, then stay (its failure stops everything)")
    up.set_defaults(act=_up)

    env = commands.add_parser("env", help="print export lines for a running stack")
    env.add_argument("--var", type=Path, default=REPOSITORY / "var" / "serve", metavar="DIR", help="default: %(default)s")
    env.set_defaults(act=_env)
    return root


def _names(text: str) -> tuple[str, ...]:
    names = STORES if text == "stores" else tuple(text.split(","))
    if unknown := set(names) - set(EVERYTHING):
        raise argparse.ArgumentTypeError(f"no such service: {', '.join(sorted(unknown))}")
    return names


def _common(command: argparse.ArgumentParser, var: Path) -> None:
    command.add_argument("--var", type=Path, default=var, metavar="DIR", help="where everything is kept; default: %(default)s")
    command.add_argument("--only", type=_names, default=EVERYTHING, metavar="NAMES", help=f"some of {', '.join(EVERYTHING)}; {STORES_HELP}")
    command.add_argument("--fresh", action="store_true", help="forget the data of last time (in DIR only)")
    command.add_argument("--threads", type=int, default=1, metavar="N", help="of the train worker's numerics; 0 = all cores; default 1")
    command.add_argument("--debug", action="store_true", help="Django's DEBUG")


def _run(options: argparse.Namespace) -> int:
    argv = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not argv:
        raise StackError("give a command to run, after --")
    with _stack(options, volatile=options.volatile, fixed_ports=False) as stack:
        return _follow(stack, stack.spawn(Path(argv[0]).name, argv))


def _up(options: argparse.Namespace) -> int:
    with _stack(options, volatile=False, fixed_ports=True) as stack:
        if options.then and (code := _follow(stack, stack.spawn("then", shlex.split(options.then)))):
            return code
        _tell_where(stack)
        return _stay(stack)


def _stay(stack: Stack) -> int:
    try:
        while True:
            stack.supervise()
            time.sleep(0.2)
    except Interrupted as reason:
        return 0 if reason.number == signal.SIGINT else 128 + reason.number


def _stack(options: argparse.Namespace, *, volatile: bool, fixed_ports: bool) -> "_Quietly":
    stack = Stack(
        options.var,
        options.only,
        volatile=volatile,
        fresh=options.fresh,
        fixed_ports=fixed_ports,
        debug=options.debug,
        threads=options.threads,
        say=_Clock(),
    )
    return _Quietly(stack)


class _Quietly:
    """A stack whose stopping is not disturbed by a second Ctrl-C."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def __enter__(self) -> Stack:
        self.stack.start()
        return self.stack

    def __exit__(self, *_: object) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self.stack.stop()


class _Clock:
    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self, name: str, event: str) -> None:
        print(f"{time.monotonic() - self.began:6.1f} s  {name:13} {event}", file=sys.stderr, flush=True)


def _follow(stack: Stack, command: Process) -> int:
    """Wait for the command; end it when we are interrupted or when a service keeps dying."""
    try:
        while (code := command.poll()) is None:
            stack.supervise()
            try:
                command.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
        return code
    except Interrupted as reason:
        if reason.number == signal.SIGINT:
            _let_it_finish(command)  # Ctrl-C reached it too, and it may have a report to print
        raise
    finally:
        command.stop()


def _let_it_finish(command: Process) -> None:
    try:
        command.wait(5)
    except subprocess.TimeoutExpired:
        command.ask_to_stop()


def _tell_where(stack: Stack) -> None:
    print(f"\nAtelier       {stack.url('web')}\nobject store  {stack.url('s3')}\npayments      {stack.url('stripe')} (stand-in)")
    print(f"mail          {stack.env['DEVSTACK_MAIL']}\nlogs          {stack.folder.path('log')}\nCtrl-C stops everything.", flush=True)


def _env(options: argparse.Namespace) -> int:
    folder = Folder(options.var)
    if not folder.in_use():
        raise StackError(f"no stack is running in {folder.root}")
    folder.load()
    for name, value in environment.contract(folder).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number)
