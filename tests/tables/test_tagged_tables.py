"""Tables of tagged words and of spans: found by looking, read to texts and spans, refused with the line."""

import json

import pytest

from keras_bigmodel import TableStream, UserError
from keras_bigmodel.tables import read_text_table
from keras_bigmodel.tables.tagged.conll_rows import looks_like_conll

CONLL = """-DOCSTART- -X- -X- O

EU NNP B-NP B-ORG
rejects VBZ B-VP O
German JJ B-NP B-MISC
call NN I-NP O
. . O O

Peter NNP B-NP B-PER
Blackburn NNP I-NP I-PER
"""
WANTED = ["EU rejects German call .", "Peter Blackburn"]
SPANS = [((0, 2, "ORG"), (11, 17, "MISC")), ((0, 15, "PER"),)]


def written(folder, name, text, encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def read(path, **how):
    return read_text_table(path, label_kind=None, **how)


@pytest.mark.parametrize("name", ["eng.train", "train.txt", "a.conll", "a.bio", "noending", "a.tsv"])
def test_a_word_a_line_is_found_by_looking(tmp_path, name):
    text = CONLL.replace(" ", "\t") if name == "a.tsv" else CONLL
    table = read(written(tmp_path, name, text))
    assert table.label_kind == "spans"
    assert table.texts == WANTED
    assert table.labels == SPANS
    assert table.label_counts == {"ORG": 1, "MISC": 1, "PER": 1}


@pytest.mark.parametrize(
    "text",
    [
        CONLL,
        CONLL.replace("\n", "\r\n"),
        CONLL + "\n\n\n",
        "\ufeff" + CONLL,
        CONLL.replace("EU NNP", "# sent_id = 1\nEU NNP"),
        CONLL.replace("\n\n", "\n  \n"),
    ],
)
def test_blank_lines_comments_and_line_ends_of_every_kind(tmp_path, text):
    table = read(written(tmp_path, "a.conll", text))
    assert (table.texts, table.labels) == (WANTED, SPANS)


def test_other_columns_are_named_by_number(tmp_path):
    table = read(written(tmp_path, "a.conll", CONLL), label="3")
    assert table.labels[0] == ((0, 2, "NP"), (3, 10, "VP"), (11, 22, "NP"))


def test_characters_make_a_chinese_text(tmp_path):
    table = read(written(tmp_path, "msra.txt", "我 O\n在 O\n北 B-LOC\n京 I-LOC\n。 O\n\n他 O\n走 O\n了 O\n"))
    assert table.texts == ["我在北京。", "他走了"]
    assert table.labels == [((2, 4, "LOC"),), ()]


def test_a_hash_may_be_a_word(tmp_path):
    table = read(written(tmp_path, "a.conll", "# O\n1 O\nRome B-LOC\n"))
    assert table.texts == ["# 1 Rome"]


@pytest.mark.parametrize(
    "row",
    [
        {"tokens": ["Ada", "met", "Bob"], "tags": ["B-PER", "O", "S-PER"]},
        {"words": ["Ada", "met", "Bob"], "ner_tags": ["B-PER", "O", "B-PER"]},
        {"text": "Ada met Bob", "spans": [[0, 3, "PER"], [8, 11, "PER"]]},
        {"text": "Ada met Bob", "labels": [[8, 11, "PER"], [0, 3, "PER"]]},
        {
            "text": "Ada met Bob",
            "label": [{"start": 0, "end": 3, "label": "PER"}, {"end": 11, "start": 8, "label": "PER"}],
        },
        {"text": "Ada met Bob", "spans": json.dumps([[0, 3, "PER"], [8, 11, "PER"]])},
    ],
)
def test_json_lines_of_both_kinds(tmp_path, row):
    path = written(tmp_path, "a.jsonl", (json.dumps(row) + "\n") * 2)
    table = read(path)
    assert table.label_kind == "spans"
    assert table.texts == ["Ada met Bob"] * 2
    assert table.labels == [((0, 3, "PER"), (8, 11, "PER"))] * 2


def test_spans_in_a_csv_cell(tmp_path):
    table = read(written(tmp_path, "a.csv", 'text,label\nAda met Bob,"[[0, 3, ""PER""]]"\nnobody,[]\n'))
    assert table.labels == [((0, 3, "PER"),), ()]


def test_lists_of_labels_are_no_spans(tmp_path):
    path = written(tmp_path, "a.jsonl", '{"text": "a", "label": ["x", "y", "z"]}\n{"text": "b", "label": ["x"]}\n')
    assert read(path).label_kind == "several"


def test_a_stream_reads_the_same(tmp_path):
    stream = TableStream(written(tmp_path, "a.conll", CONLL), label_kind="spans")
    (block,) = list(stream)
    assert (block.texts, block.labels) == (WANTED, SPANS)


def test_texts_alone_are_read_without_tags(tmp_path):
    table = read_text_table(written(tmp_path, "a.conll", CONLL), with_labels=False)
    assert table.texts == WANTED
    assert table.labels is None


def test_words_alone_are_joined_to_texts(tmp_path):
    path = written(tmp_path, "a.jsonl", '{"tokens": ["Ada", "met"], "tags": ["O", "O"]}\n{"tokens": ["北", "京"]}\n')
    assert read_text_table(path, with_labels=False).texts == ["Ada met", "北京"]


def test_illegal_tags_are_repaired_and_counted_or_refused(tmp_path):
    path = written(tmp_path, "a.conll", "Ada B-PER\nmet O\nBob I-PER\n\nRome I-LOC\n")
    table = read(path)
    assert table.labels == [((0, 3, "PER"), (8, 11, "PER")), ((0, 4, "LOC"),)]
    (note,) = table.notes
    assert note.startswith(f"2 tags of {path} may not stand where they do in BIO; a span begins or ends there (line 1,")
    assert 'word 3: "Bob" I-PER' in note
    with pytest.raises(UserError, match='in BIO \\(line 1, word 3: "Bob" I-PER\\). Correct it, or leave --strict-tags'):
        read(path, strict_tags=True)


def test_ten_illegal_tags_are_shown(tmp_path):
    path = written(tmp_path, "a.conll", "Ada B-PER\n\n" + "Bob I-LOC\n\n" * 13)
    (note,) = read(path).notes
    assert note.count("I-LOC") == 10
    assert "; and 3 more" in note


def test_iob1_has_no_illegal_tags(tmp_path):
    table = read(written(tmp_path, "a.conll", "Ada I-PER\nmet O\nBob I-PER\nCy B-PER\n"))
    assert table.notes == []
    assert table.labels == [((0, 3, "PER"), (8, 11, "PER"), (12, 14, "PER"))]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.conll", "Ada B-PER\nmet\n", "Line 2 of .* has 1 column; wanted a word and a tag a line"),
        ("a.conll", "Ada B-PER\nmet PER\n", 'Line 1 of .*"PER" is no tag; wanted O, or B-, I-, E- or S- and a label'),
        ("a.conll", "Ada B-\nmet O\n", '"B-" is no tag'),
        (
            "a.jsonl",
            '{"tokens": ["a", "b"], "tags": ["O"]}',
            "Line 1 of .* 2 words and 1 tag came",
        ),
        (
            "a.jsonl",
            '{"tokens": ["a"], "tags": ["O"]}\n{"tokens": "a b", "tags": ["O"]}',
            "no list|a list",
        ),
        ("a.jsonl", '{"tokens": ["a", ""], "tags": ["O", "O"]}', "Word 2 is empty"),
        (
            "a.jsonl",
            '{"text": "Ada", "spans": [[0, 4, "PER"]]}',
            "the span 0 to 4 .PER., and its text has 3",
        ),
        ("a.jsonl", '{"text": "Ada B", "spans": [[0, 3, "PER"], [2, 5, "X"]]}', "which overlap"),
        ("a.jsonl", '{"text": "Ada B", "spans": [[3, 3, "PER"]]}', "a span from '3' to '3'; wanted whole numbers"),
        ("a.jsonl", '{"text": "Ada B", "spans": [[3, 4, "PER"]]}', "which holds spaces only"),
        ("a.jsonl", '{"text": "Ada B", "spans": [[0, 3, ""]]}', "without a label"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path, name, text, message):
    with pytest.raises(UserError, match=message):
        read(written(tmp_path, name, text))


def test_bytes_that_are_no_utf_8_are_refused_with_their_line(tmp_path):
    (tmp_path / "a.conll").write_bytes(b"Ada B-PER\nmet O\nB\xffb B-PER\n")
    with pytest.raises(UserError, match=r"[Ll]ine 3"):
        read(tmp_path / "a.conll")


def test_columns_of_words_have_no_names(tmp_path):
    with pytest.raises(UserError, match='--label "ner" came, and the columns of .* have no names. Give a number'):
        read(written(tmp_path, "a.conll", CONLL), label="ner")


@pytest.mark.parametrize(
    ("text", "is_conll"),
    [
        (b"a O\nb B-X\nc O\n", True),
        (b"a\tO\n\nb\tI-X\n", True),
        (b"text,label\na,O\n", False),
        (b"good film\tpos\nbad\tneg\n", False),
        (b"a O\nb B-X\nc pos\n", False),
        (b"", False),
        (b"just words\nof a text\n", False),
    ],
)
def test_what_looks_like_a_word_a_line(text, is_conll):
    assert looks_like_conll(text) is is_conll


# ---- folders as brat writes them


def brat(folder, **texts):
    for name, (text, spans) in texts.items():
        written(folder, f"{name}.txt", text)
        written(folder, f"{name}.ann", spans)
    return folder


def test_a_folder_of_texts_and_spans(tmp_path):
    folder = brat(
        tmp_path,
        b=("Rome\r\nis old", "T1\tLOC 0 4\tRome\nA1\tNegation T1\n"),
        a=("Ada met 鲍勃", "T1\tPER 0 3\tAda\nT2\tPER 8 10\t鲍勃\n#1\tAnnotatorNotes T1\tsure\n"),
        c=("nobody", ""),
    )
    table = read(folder)
    assert table.label_kind == "spans"
    assert table.texts == ["Ada met 鲍勃", "Rome\r\nis old", "nobody"]
    assert table.labels == [((0, 3, "PER"), (8, 10, "PER")), ((0, 4, "LOC"),), ()]
    (block,) = list(TableStream(folder, label_kind="spans"))
    assert block.labels == table.labels
    before = table.sha256
    written(folder, "c.ann", "T1\tPER 0 6\tnobody\n")
    assert read(folder).sha256 != before


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ("T1\tPER 0 3;5 7\tAda t", "Line 1 of .*a.ann has a span in several parts"),
        ("T1\tPER 0\tAda", 'Line 1 of .*a.ann is "T1'),
        ("T1 PER 0 3", 'Line 1 of .*a.ann is "T1'),
        ("T1\tPER 0 99\tAda", "holds in text 1 the span 0 to 99"),
        ("T1\tPER 0 3\tAda\nT2\tLOC 2 5\ta m", "holds in text 1 the spans 0 to 3 and 2 to 5, which overlap"),
    ],
)
def test_spans_of_a_folder_that_cannot_be_read_are_refused(tmp_path, spans, message):
    with pytest.raises(UserError, match=message):
        read(brat(tmp_path, a=("Ada met Bob", spans)))


def test_a_text_without_its_file_of_spans_is_refused(tmp_path):
    written(brat(tmp_path, a=("Ada", "T1\tPER 0 3\tAda\n")), "b.txt", "Bob")
    with pytest.raises(UserError, match="has no file b.ann beside it"):
        read(tmp_path)
