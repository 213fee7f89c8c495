"""`python -m licensing`: the rules from a shell, and the proofs.

Exit status: 0 done, 1 what was asked about is refused, 2 wrong use.
"""

import argparse
from collections.abc import Sequence

from licensing.commands import audit, bundle, keys, rules, shell, verify


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m licensing", description="The rules of a licence, and the proofs that it leaves behind."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (rules, verify, audit, bundle, keys):
        command.add(commands)
    return shell.run(parser, parser.parse_args(arguments))
