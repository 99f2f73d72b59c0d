"""Writes small tables for the tests."""

import csv
import json

import pyarrow as pa
import pyarrow.parquet


def write_delimited(path, rows, *, delimiter=",", header=("text", "label"), encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows] if header else rows)
    return path


def write_lines(path, rows, *, header=("text", "label"), encoding="utf-8"):
    lines = [json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) for row in rows]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def write_parquet(path, rows, *, header=("text", "label"), encoding="utf-8"):
    columns = zip(*rows, strict=True)
    pyarrow.parquet.write_table(pa.table(dict(zip(header, map(list, columns), strict=True))), path)
    return path


WRITERS = {
    ".csv": write_delimited,
    ".tsv": lambda path, rows, **how: write_delimited(path, rows, delimiter="\t", **how),
    ".jsonl": write_lines,
    ".ndjson": write_lines,
    ".parquet": write_parquet,
    ".CSV": write_delimited,
}


def write(folder, content, name="table.csv"):
    """Writes a file as it is given: str as UTF-8, or bytes."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / name
