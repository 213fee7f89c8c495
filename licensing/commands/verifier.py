"""The main() of the one-file verifier: what somebody needs who has a model or an evidence bundle, and not us."""

import argparse
from collections.abc import Sequence

from licensing.commands import audit, shell, verify


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Verifies Atelier's model certificates and audit logs. Needs cryptography, rfc8785, no network."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (verify, audit):
        command.add(commands)
    return shell.run(parser, parser.parse_args(arguments))
