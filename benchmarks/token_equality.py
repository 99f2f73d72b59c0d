"""Compares our WordPiece ids with Hugging Face's on whole data sets: `python benchmarks/token_equality.py DATA_FOLDER`.

Ends with exit code 1 when any text differs. Also asks about every code point on its own, between two letters, and about
runs of it. Both kinds of setting are compared on BERT's uncased vocabulary; the single code points also on a vocabulary
that holds every character, so that an id reveals each of them.
"""

import argparse
import csv
import gzip
import json
import os
import sys
import unicodedata
from collections import Counter
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tokenizers import BertWordPieceTokenizer

from keras_bigmodel.tokenizers import PlainWordPieceTokenizer, WordPieceTokenizer

BATCH = 2048
SETTINGS = {
    "uncased": {"lowercase": True},
    "cased": {"lowercase": False},
    "lower, accents kept": {"lowercase": True, "strip_accents": False},
}
CODE_POINTS = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
CONTEXTS = {"a.b": "a{}b", "alone": "{}", "with acute": "{}\u0301", "twice in a word": "a{0}b{0}", "Σ before": "Σ{}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_folder", type=Path)
    parser.add_argument("--skip-code-points", action="store_true")
    arguments = parser.parse_args()
    lines = (arguments.data_folder / "bert_vocab/uncased_L-12_H-768_A-12/vocab.txt").read_text("utf-8").split("\n")
    differing = compare_sets(lines[:-1], text_sets(arguments.data_folder))
    if not arguments.skip_code_points:
        differing += compare_code_points("BERT", lines[:-1], CONTEXTS)
        differing += compare_code_points("all characters", every_character(), {"a.b": CONTEXTS["a.b"]})
    sys.exit(1 if differing else 0)


def compare_sets(vocabulary, sets):
    print(f"{'settings':20} {'set':32} {'texts':>7} {'graph differs':>14} {'plain differs':>14}")
    differing = 0
    for title, settings in SETTINGS.items():
        engines = Engines(vocabulary, settings)
        for name, texts in sets.items():
            graph, plain = engines.differences(texts)
            print(f"{title:20} {name:32} {len(texts):7} {len(graph):14} {len(plain):14}", flush=True)
            for text in [*graph, *plain][:3]:
                print("   e.g.", repr(text[:100]))
            differing += len(graph) + len(plain)
    return differing


def compare_code_points(title, vocabulary, contexts):
    differing = 0
    for setting, settings in SETTINGS.items():
        engines = Engines(vocabulary, settings)
        for context, pattern in contexts.items():
            characters = {pattern.format(chr(code)): chr(code) for code in CODE_POINTS}
            graph, plain = engines.differences(list(characters))
            counts = Counter(unicodedata.category(characters[text]) for text in {*graph, *plain})
            print(
                f"{len(characters)} code points, {title} vocabulary, {setting}, {context}: "
                f"graph differs {len(graph)}, plain differs {len(plain)} {dict(counts) or ''}",
                flush=True,
            )
            differing += len(graph) + len(plain)
    return differing


class Engines:
    """Hugging Face, the graph and the plain tokenizer on one vocabulary and the same settings."""

    def __init__(self, vocabulary, settings):
        ids = {token: position for position, token in enumerate(vocabulary)}
        self.hugging_face = BertWordPieceTokenizer(ids, **settings)
        # What a user types is text for us, also when it spells a special token.
        self.hugging_face._tokenizer.encode_special_tokens = True
        self.graph = WordPieceTokenizer(vocabulary, **settings)
        self.plain = PlainWordPieceTokenizer(vocabulary, **settings)

    def differences(self, texts):
        """The texts on which the graph, and those on which the plain tokenizer, gives other ids."""
        graph, plain = [], []
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            wanted = [encoding.ids for encoding in self.hugging_face.encode_batch(batch, add_special_tokens=False)]
            ours = self.graph.tokenize(batch).to_list()
            graph += [text for text, ids, right in zip(batch, ours, wanted, strict=True) if ids != right]
            plain += [text for text, right in zip(batch, wanted, strict=True) if self.plain.tokenize(text) != right]
        return graph, plain


def every_character():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return [*special, *(piece for code in CODE_POINTS for piece in (chr(code), f"##{chr(code)}"))]


def text_sets(folder):
    def table(path, **options):
        with open(folder / path, encoding="utf-8", newline="") as file:
            return list(csv.reader(file, **options))

    def lines(path):
        opener = gzip.open if path.endswith(".gz") else open
        with opener(folder / path, "rt", encoding="utf-8", newline="") as file:
            return file.read().split("\n")

    def cmrc(part):
        return json.loads((folder / f"squad/cmrc2018/cmrc2018_{part}.json").read_text("utf-8"))["data"]

    paragraphs = [
        paragraph for part in ("trial", "dev") for article in cmrc(part) for paragraph in article["paragraphs"]
    ]
    ag_test = table("ag_news/test.csv")
    return {
        "SST-2": [line.split("\t")[0] for part in ("train", "dev", "test") for line in lines(f"sst2/{part}.tsv")],
        "AG News train descriptions": [row[1] for row in table("ag_news/train_8000_descriptions.csv")[1:]],
        "AG News test title + description": [f"{row[1]} {row[2]}" for row in ag_test],
        "Banking77": [row[0] for part in ("train", "test") for row in table(f"banking77/{part}.csv")[1:]],
        "ChnSentiCorp": [row[1] for row in table("chnsenticorp_htl/ChnSentiCorp_htl_all.csv")[1:]],
        "THUCNews titles": [
            line.split("\t")[0] for part in ("dev", "test") for line in lines(f"thucnews_titles/{part}.txt")
        ],
        "CMRC contexts": [paragraph["context"] for paragraph in paragraphs],
        "CMRC questions": [question["question"] for paragraph in paragraphs for question in paragraph["qas"]],
        "Multi30k German": [
            line for part in ("train", "val", "test_2016_flickr") for line in lines(f"multi30k_en_de/{part}.de.gz")
        ],
        "naughty strings": json.loads((folder / "blns/blns.json").read_text("utf-8")),
    }


if __name__ == "__main__":
    main()
