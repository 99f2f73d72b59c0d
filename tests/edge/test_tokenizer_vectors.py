"""What a phone's own tokenizer needs is written whole, says what the model's tokenizer does, and checks the port."""

import json
import os
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from keras_bigmodel import UserError
from keras_bigmodel.checkpoints.minilm import minilm_folder
from keras_bigmodel.edge import LiteClassifier, write_vectors
from keras_bigmodel.edge.command import main
from keras_bigmodel.edge.tokenizer_vectors import vector_texts, write_tokenizer_vectors
from keras_bigmodel.tokenizers import PlainWordPieceTokenizer, read_vocabulary
from keras_bigmodel.tokenizers.added_tokens import AddedToken
from keras_bigmodel.tokenizers.bert_characters import BertCharacters
from tests.tokenizers.test_added_tokens import ADDED, PARTS, WORDS
from tests.tokenizers.test_word_piece_tokenizer import SETTINGS, revealing_vocabulary

ROOT = Path(__file__).parents[2]
PHONES = ROOT / "docs/phones"
FILES = ["characters.txt", "edge_vectors.json", "vocab.txt"]


def vectors_of(folder):
    content = json.loads((folder / "edge_vectors.json").read_text("ascii"))
    assert content["format"] == 1
    return content["settings"], content["vectors"]


@pytest.fixture(scope="module")
def tokenizer():
    return PlainWordPieceTokenizer(revealing_vocabulary())


def test_the_example_of_the_docs_is_what_its_script_writes(tmp_path):
    runpy.run_path(ROOT / "scripts/make_phone_example.py")["write_example"](tmp_path / "example")
    for name in FILES:
        assert (tmp_path / "example" / name).read_bytes() == (PHONES / "example" / name).read_bytes(), name
    assert sorted(path.name for path in (PHONES / "example").iterdir()) == FILES


@pytest.mark.parametrize("pairs", [False, True])
def test_vectors_are_rows_of_the_tokenizer(tokenizer, tmp_path, pairs):
    write_tokenizer_vectors(tokenizer, tmp_path / "vectors", max_length=20, pairs=pairs)
    settings, vectors = vectors_of(tmp_path / "vectors")
    assert (
        PlainWordPieceTokenizer(revealing_vocabulary(), **tokenizer.settings()).settings().items() <= settings.items()
    )
    assert (settings["max_length"], settings["pairs"]) == (20, pairs)
    assert len(vectors) > 300
    for vector in vectors:
        texts = [vector[name] for name in ("text", "text_pair") if name in vector]
        row = tokenizer(*([text] for text in texts), max_length=20)
        assert row["token_ids"] == [vector["token_ids"]]
        assert row["segment_ids"] == [vector.get("segment_ids", [0] * len(vector["token_ids"]))]
        assert check_spans(tokenizer, vector, texts)
    assert any(len(vector["token_ids"]) == 20 for vector in vectors)


def check_spans(tokenizer, vector, texts):
    """Special tokens have the empty span; the spans between are the first of each text's."""
    parts, special = [[]], (tokenizer.cls_id, tokenizer.sep_id)
    for token_id, span in zip(vector["token_ids"][1:], vector["spans"][1:], strict=True):
        if token_id in special:
            assert span == [0, 0]
            parts.append([])
        else:
            parts[-1].append(tuple(span))
    wanted = [tokenizer.tokenize_with_spans(text)[1] for text in texts]
    return parts[:-1] == [spans[: len(part)] for spans, part in zip(wanted, parts[:-1], strict=True)]


def test_texts_with_added_tokens_are_among_the_vectors(tmp_path):
    added = [AddedToken("@user"), AddedToken("[E1]", normalized=False)]
    tokenizer = PlainWordPieceTokenizer([*WORDS, "@user", "[E1]"], added_tokens=added)
    write_tokenizer_vectors(tokenizer, tmp_path / "vectors", max_length=16)
    settings, vectors = vectors_of(tmp_path / "vectors")
    assert settings["added_tokens"][0] == {"content": "@user", "normalized": True, "is_piece": False}
    assert {len(WORDS), len(WORDS) + 1} <= {token_id for vector in vectors for token_id in vector["token_ids"]}


def test_the_files_of_a_model_are_small_and_ascii_but_for_the_vocabulary(tokenizer, tmp_path):
    write_tokenizer_vectors(tokenizer, tmp_path / "vectors", max_length=128)
    assert sorted(path.name for path in (tmp_path / "vectors").iterdir()) == FILES
    for name in FILES[:2]:
        content = (tmp_path / "vectors" / name).read_bytes()
        assert content.isascii()
        assert len(content) < 450_000


def test_a_folder_is_not_overwritten_and_nothing_is_left_of_a_failure(tokenizer, tmp_path, exported):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="already there"):
        write_vectors(exported["int8"][0], tmp_path / "there")
    with pytest.raises(UserError, match="No file"):
        write_vectors(tmp_path / "nowhere.tflite", tmp_path / "new")
    with pytest.raises(UserError, match="special tokens"):
        write_tokenizer_vectors(tokenizer, tmp_path / "new", max_length=1)
    assert [path.name for path in tmp_path.rglob("*")] == ["there", "notes.txt"]


def test_the_program_writes_the_vectors_of_a_model(tmp_path, exported, capsys):
    path = exported["int8"][0]
    main([str(path), "--vectors", str(tmp_path / "vectors")])
    assert capsys.readouterr().out == f"{tmp_path}/vectors: vocab.txt, characters.txt, edge_vectors.json\n"
    settings, vectors = vectors_of(tmp_path / "vectors")
    lite = LiteClassifier(path)
    assert settings["max_length"] == lite.max_length
    texts = [vector["text"] for vector in vectors]
    rows = lite.preprocess(texts)
    assert [vector["token_ids"] for vector in vectors] == [
        ids[: sum(mask)] for ids, mask in zip(rows["token_ids"], rows["padding_mask"], strict=True)
    ]
    with pytest.raises(SystemExit):
        main([str(path), "a text", "--vectors", str(tmp_path / "other")])
    assert "which it does not use. Leave them out" in capsys.readouterr().err


# ---- the Kotlin tokenizer


@pytest.fixture(scope="module")
def check():
    """Runs `check.sh`, which compiles the tokenizer and compares it with folders."""
    if shutil.which("kotlinc") is None:
        missing = "No kotlinc here to compile docs/phones/WordPieceTokenizer.kt. Install it: apt-get install kotlin"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)

    def run(*folders):
        command = [PHONES / "check.sh", *folders]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    return run


def every_character():
    """Texts of all characters that clean-up changes, some that it does not, and half of a surrogate pair."""
    codes = sorted(BertCharacters(split_chinese=False).changed_code_points())
    chosen = [*codes, *range(0x3400, 0x2FA20, 97)]
    return ["a".join(map(chr, chosen[at : at + 40])) for at in range(0, len(chosen), 40)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Vectors of MiniLM's vocabulary, of pairs, of all settings, and of added tokens."""
    base = tmp_path_factory.mktemp("vectors")
    vocabulary, settings = read_vocabulary(minilm_folder())
    minilm = PlainWordPieceTokenizer(vocabulary, **settings)
    write_tokenizer_vectors(minilm, base / "minilm", max_length=128)
    write_tokenizer_vectors(minilm, base / "pairs", max_length=31, pairs=True)
    for title, chosen in SETTINGS.items():
        tokenizer = PlainWordPieceTokenizer(revealing_vocabulary(), **chosen)
        texts = [*vector_texts(), *every_character()]
        write_tokenizer_vectors(tokenizer, base / title.replace(" ", "-"), max_length=512, texts=texts)
    texts = ["".join(PARTS[(at * step) % len(PARTS)] for at in range(14)) for step in range(200)]
    for title, tokens in ADDED.items():
        added = [AddedToken(content, normalized, content in WORDS) for content, normalized in tokens]
        words = [*WORDS, *(token.content for token in added if not token.is_piece)]
        tokenizer = PlainWordPieceTokenizer(words, added_tokens=added, max_characters_per_word=9)
        write_tokenizer_vectors(
            tokenizer, base / f"added-{title.replace(' ', '-')}", max_length=64, texts=[*vector_texts(added), *texts]
        )
    return sorted(base.iterdir())


@pytest.mark.full
@pytest.mark.minilm
def test_the_kotlin_tokenizer_agrees_with_every_vector(check, folders):
    done = check(PHONES / "example", *folders)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    lines = done.stdout.splitlines()
    assert len(lines) == 1 + len(folders)
    for line, folder in zip(lines, [PHONES / "example", *folders], strict=True):
        number = len(vectors_of(folder)[1])
        assert line.startswith(f"{folder}: {number} of {number} texts agree")


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("characters.txt", "ad ad drop\n", ""), ("edge_vectors.json", "[[0,0],[0,3]", "[[0,0],[0,2]")],
)
def test_the_check_finds_a_character_and_a_span_that_are_wrong(check, tmp_path, name, old, new):
    shutil.copytree(PHONES / "example", tmp_path / "wrong")
    file = tmp_path / "wrong" / name
    text = file.read_text("ascii")
    assert old in text
    file.write_text(text.replace(old, new), "ascii")
    done = check(tmp_path / "wrong")
    assert done.returncode == 1, done.stderr
    assert "DIFFERS" in done.stdout
