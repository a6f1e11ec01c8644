#!/usr/bin/env python
"""The command-line entry. Owns the default settings module, and `--data-dir`, which stands before settings load."""

import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
    data_dir = _option("--data-dir", sys.argv[1:])
    if data_dir is not None:
        os.environ["CONTORNO_DATA_DIR"] = str(Path(data_dir).resolve())
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def _option(name: str, arguments: list[str]) -> str | None:
    """The value of `--name value` or `--name=value`; None where there is none."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if argument == name and following:
            return following
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return None


if __name__ == "__main__":
    main()
