"""The options that say how a table is read, the same for every command that reads one. Knows typer; no table.

A command takes them as keyword parameters with these defaults and hands them to `read_text_table` under the same names:

    text: TextOption = None, pair: PairOption = None, label: LabelOption = None,
    weight: WeightOption = None, format: FormatOption = None, quotes: QuotesOption = True,
    encoding: EncodingOption = None, header: HeaderOption = None
"""

from typing import Annotated

import typer

_PANEL = "How the table is read"

TextOption = Annotated[
    str | None,
    typer.Option("--text", help="Column of the text: its name, or its number from 1.", rich_help_panel=_PANEL),
]
PairOption = Annotated[
    str | None, typer.Option("--pair", help="Column of the second text, for pairs.", rich_help_panel=_PANEL)
]
LabelOption = Annotated[
    str | None,
    typer.Option("--label", help="Column of the label: its name, or its number from 1.", rich_help_panel=_PANEL),
]
WeightOption = Annotated[
    str | None, typer.Option("--weight", help="Column of how much each row counts.", rich_help_panel=_PANEL)
]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="csv, tsv, jsonl or parquet; default: as the file ends.", rich_help_panel=_PANEL),
]
QuotesOption = Annotated[
    bool,
    typer.Option("--quotes/--no-quotes", help="Whether quote marks enclose cells.", rich_help_panel=_PANEL),
]
EncodingOption = Annotated[
    str | None,
    typer.Option("--encoding", help="E.g. gb18030 or cp1252; default: utf-8.", rich_help_panel=_PANEL),
]
HeaderOption = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first row names the columns; default: as it looks.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
