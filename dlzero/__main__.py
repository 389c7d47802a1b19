"""``python -m dlzero``: the commands of the package."""

import sys

#: The module of each command, which is imported only when the command is called.
COMMANDS = {"compare": "dlzero.practice.cli", "homework": "dlzero.homework.cli"}


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the first argument names.

    Parameters
    ----------
    arguments : list of str, optional
        By default those of the command line.

    Returns
    -------
    int
        What the process should exit with: 0 if all went well.
    """
    from importlib import import_module

    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in COMMANDS:
        return import_module(COMMANDS[name]).main(rest)
    asked = name in ("-h", "--help")
    if not asked:
        print(f"no command {name!r}", file=sys.stderr)
    print("usage: python -m dlzero COMMAND ...", file=None if asked else sys.stderr)
    for command in COMMANDS:
        print(f"  python -m dlzero {command} --help", file=None if asked else sys.stderr)
    return 0 if asked else 2


if __name__ == "__main__":
    sys.exit(main())
