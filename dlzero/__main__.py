"""``python -m dlzero``: the commands of the package."""

import sys
from importlib import import_module

#: The module of each command, which is imported only when the command is called.
COMMANDS = {"compare": "dlzero.practice.cli", "homework": "dlzero_grader.cli"}

NO_GRADER = (
    "homework is graded by a package of its own. "
    "Install it in a checkout of the course: pip install -e . -e grader"
)


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
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in COMMANDS:
        try:
            command = import_module(COMMANDS[name])
        except ModuleNotFoundError as error:
            if error.name != "dlzero_grader":
                raise
            print(NO_GRADER, file=sys.stderr)
            return 2
        return command.main(rest)
    asked = name in ("-h", "--help")
    if not asked:
        print(f"no command {name!r}", file=sys.stderr)
    print("usage: python -m dlzero COMMAND ...", file=None if asked else sys.stderr)
    for known in COMMANDS:
        print(f"  python -m dlzero {known} --help", file=None if asked else sys.stderr)
    return 0 if asked else 2


if __name__ == "__main__":
    sys.exit(main())
