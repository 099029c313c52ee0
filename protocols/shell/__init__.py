"""The engine from a shell, with no database.

    python -m protocols check DOC
    python -m protocols plan DOC FACTS --today YYYY-MM-DD [--open mon-sat] [--closed FILE] [--json]
    python -m protocols explain DOC FACTS --today YYYY-MM-DD [--visit step#n] [--json]
    python -m protocols simulate DOC [--couples N] [--scenario NAME|FILE] [--seed S] [--plot FILE.svg] [--json]
    python -m protocols draw DOC [--out FILE.svg]
    python -m protocols diff DOC DOC
    python -m protocols list
    python -m protocols schema

DOC is a path or the name of a protocol in the library, FACTS a YAML list of records, - for standard input. Exit status 0
when all is well, 2 when an input is refused: every fault at once, with line, field and remedy. `diff` ends with 1 where the
documents differ. `docs/command-line.md` shows each command at work.

One module a command. This is the only part of `protocols` that draws plots and progress bars; the core never imports it.
"""
