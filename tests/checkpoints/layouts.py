"""Folders as people have them: every layout that is read, with what transformers makes of it, and those that are not.

`python -m tests.checkpoints.layouts` writes `layouts_expected.json` anew, in an environment with transformers and torch
(`make .venv-bench/.ready`): ids and logits of `TEXTS` by `AutoTokenizer` and `AutoModelForSequenceClassification`.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from tests.tiny_bert import CONFIG, tiny_tensors, tiny_vocabulary, write_tiny_bert

EXPECTED = Path(__file__).with_name("layouts_expected.json")
LABELS = ["bad", "fair", "good"]
TEXTS = [
    "Where is my order? It should have come by now.",
    "hello [E1] world[E1] and [e1]",
    "@user @USERS u\u00aduser COVID19 covid19x xCovid19",
    "École élan ÄÖÜ ß İstanbul",
    "新冠肺炎 thanks 谢谢",
    "a.b (c) d-e 1,000.50 \u2014 \u201cquoted\u201d",
    "supercalifragilistic " * 3,
    "",
]
WORDS = list(tiny_vocabulary())
MORE = {"[E1]": 500, "@user": 501, "covid19": 502}
PLAIN_TOKEN = {"lstrip": False, "rstrip": False, "single_word": False}


def _json(folder, name, content):
    (folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _config(folder, **values):
    content = json.loads((folder / "config.json").read_text(encoding="utf-8")) | values
    _json(folder, "config.json", {name: value for name, value in content.items() if value is not ...})


def _tokenizer_config(folder, **values):
    _json(folder, "tokenizer_config.json", values)


def _vocabulary(folder, tokens):
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")


def _tensors(folder, change):
    tensors = load_file(folder / "model.safetensors")
    save_file(change(tensors), folder / "model.safetensors")


def _tokenizer_json(
    folder, *, lowercase=True, strip_accents=None, added=MORE, post_processor=True, special_ids=None, **model
):
    """A file as `tokenizers` writes it, by hand: the tests' environment need not have the same version."""
    flags = {**PLAIN_TOKEN, "normalized": False, "special": True}
    tokens = [{"id": WORDS.index(token), "content": token, **flags} for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")]
    tokens += [{"id": number, "content": token, **PLAIN_TOKEN, **_flags(token)} for token, number in added.items()]
    places = special_ids or {name: WORDS.index(name) for name in ("[CLS]", "[SEP]")}
    special = {name: {"id": name, "ids": [number], "tokens": [name]} for name, number in places.items()}
    cls, sep = ({"SpecialToken": {"id": name, "type_id": 0}} for name in ("[CLS]", "[SEP]"))
    first, second = ({"Sequence": {"id": name, "type_id": number}} for number, name in enumerate("AB"))
    last = {"SpecialToken": {"id": "[SEP]", "type_id": 1}}
    template = {"single": [cls, first, sep], "pair": [cls, first, sep, second, last], "special_tokens": special}
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": tokens,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": strip_accents,
            "lowercase": lowercase,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing", **template} if post_processor else None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {token: number for number, token in enumerate(WORDS)},
            **model,
        },
    }
    _json(folder, "tokenizer.json", content)


def _flags(token):
    return {"normalized": token != "[E1]", "special": token == "[E1]"}


def _decoder(tokens):
    return {str(number): {"content": token, **PLAIN_TOKEN, **_flags(token)} for token, number in tokens.items()}


def _with_prefix(prefix):
    def change(tensors):
        return {prefix + name: tensor for name, tensor in tensors.items()}

    return lambda folder: _tensors(folder, change)


def _old_names(tensors):
    return {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for name, tensor in tensors.items()
    }


def _with_positions(tensors):
    return {**tensors, "bert.embeddings.position_ids": np.arange(64, dtype="int64")[None]}


def _renamed_rows(*rows):
    return lambda folder: _vocabulary(folder, [*WORDS[:100], *rows, *WORDS[100:]])


# name: (rows of the vocabulary, what is done to a tiny BERT with a head of three labels)
READ = {
    "as saved today": (500, lambda folder: None),
    "tokenizer.json and vocab.txt": (503, _tokenizer_json),
    "tokenizer.json that contradicts vocab.txt": (
        503,
        lambda folder: (_tokenizer_json(folder), _vocabulary(folder, reversed(WORDS))),
    ),
    "a generic class and tokenizer.json": (
        503,
        lambda folder: (
            _tokenizer_json(folder, lowercase=False, strip_accents=True),
            _tokenizer_config(folder, tokenizer_class="PreTrainedTokenizerFast", do_lower_case=True),
        ),
    ),
    "cased": (500, lambda folder: _tokenizer_config(folder, do_lower_case=False)),
    "cased, against its tokenizer.json": (
        503,
        lambda folder: (_tokenizer_json(folder), _tokenizer_config(folder, do_lower_case=False, strip_accents=None)),
    ),
    "accents kept, Chinese together": (
        500,
        lambda folder: _tokenizer_config(folder, strip_accents=False, tokenize_chinese_chars=False),
    ),
    "no tokenizer_config.json": (500, lambda folder: (folder / "tokenizer_config.json").unlink()),
    "another BERT-like class": (
        500,
        lambda folder: _tokenizer_config(folder, tokenizer_class="DistilBertTokenizerFast"),
    ),
    "added_tokens.json": (503, lambda folder: _json(folder, "added_tokens.json", MORE)),
    "added_tokens.json beside tokenizer.json": (
        504,
        lambda folder: (_tokenizer_json(folder), _json(folder, "added_tokens.json", {"肺炎": 503})),
    ),
    "added_tokens.json and special ones in the config": (
        503,
        lambda folder: (
            _json(folder, "added_tokens.json", MORE),
            _tokenizer_config(folder, additional_special_tokens=["[E1]"]),
        ),
    ),
    "added_tokens.json and special ones in the map": (
        503,
        lambda folder: (
            _json(folder, "added_tokens.json", MORE),
            _json(folder, "special_tokens_map.json", {"additional_special_tokens": ["[E1]"], "cls_token": "[CLS]"}),
        ),
    ),
    "added_tokens_decoder": (
        503,
        lambda folder: _tokenizer_config(folder, do_lower_case=True, added_tokens_decoder=_decoder(MORE)),
    ),
    "added tokens in Chinese": (502, lambda folder: _json(folder, "added_tokens.json", {"新冠": 500, "炎": 501})),
    "a special token of the vocabulary": (
        500,
        lambda folder: _tokenizer_config(folder, additional_special_tokens=[WORDS[481]]),
    ),
    "blank lines": (502, _renamed_rows("", "")),
    "repeated lines": (503, _renamed_rows(WORDS[60], WORDS[200], WORDS[300])),
    "Windows line ends": (
        500,
        lambda folder: (folder / "vocab.txt").write_bytes("".join(f"{word}\r\n" for word in WORDS).encode()),
    ),
    "module. before every name": (500, _with_prefix("module.")),
    "gamma and beta": (500, lambda folder: _tensors(folder, _old_names)),
    "positions saved too": (500, lambda folder: _tensors(folder, _with_positions)),
    "float16 weights": (
        500,
        lambda folder: _tensors(
            folder, lambda tensors: {name: part.astype("float16") for name, part in tensors.items()}
        ),
    ),
    "a config of 2018": (
        500,
        lambda folder: _config(folder, model_type=..., architectures=..., layer_norm_eps=..., directionality="bidi"),
    ),
    "a config with its class alone": (500, lambda folder: _config(folder, model_type=...)),
    "a config without names of labels": (500, lambda folder: _config(folder, id2label=...)),
}
# What transformers itself does not read so; what it reads is that of another layout.
_STANDS_FOR = {
    "module. before every name": "as saved today",
    "a config of 2018": "as saved today",
    "a config with its class alone": "as saved today",
    "a config without names of labels": "as saved today",
}


def _git_pointer(name):
    content = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 133466304\n"
    return lambda folder: (folder / name).write_text(content)


def _hub_cache(folder):
    snapshot = folder / "snapshots" / "86b5e0934494bd15c9632b12f734a8a67f723594"
    snapshot.mkdir(parents=True)
    for entry in list(folder.iterdir()):
        if entry.is_file():
            entry.rename(snapshot / entry.name)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(snapshot.name)


def _tensorflow_1(folder):
    shutil.copy(folder / "config.json", folder / "bert_config.json")
    for name in ("config.json", "model.safetensors", "tokenizer_config.json"):
        (folder / name).unlink()
    for name in ("bert_model.ckpt.index", "bert_model.ckpt.meta", "bert_model.ckpt.data-00000-of-00001"):
        (folder / name).touch()


def _without(*names, and_also=()):
    def change(folder):
        for name in names:
            (folder / name).unlink()
        for name in and_also:
            (folder / name).touch()

    return change


def _pooling(**said):
    def change(folder):
        (folder / "1_Pooling").mkdir()
        _json(folder, "1_Pooling/config.json", said)
        _tensors(folder, lambda tensors: {name: part for name, part in tensors.items() if "pooler" not in name})

    return change


def _numbers(name, value):
    def change(tensors):
        tensors[name][..., 0] = value
        return tensors

    return lambda folder: _tensors(folder, change)


def _tagger(folder):
    _config(folder, architectures=["BertForTokenClassification"], id2label={"0": "O", "1": "B-PER", "2": "I-PER"})


def _with_added_token(folder, content):
    def grown(tensors):
        table = tensors["bert.embeddings.word_embeddings.weight"]
        return {**tensors, "bert.embeddings.word_embeddings.weight": np.concatenate([table, table[:1]])}

    _json(folder, "added_tokens.json", {content: 500})
    _config(folder, vocab_size=501)
    _tensors(folder, grown)


# name: (what is done to the tiny BERT with a head, words of the sentence)
REFUSED = {
    "MeCab": (
        lambda folder: _tokenizer_config(folder, tokenizer_class="BertJapaneseTokenizer", word_tokenizer_type="mecab"),
        ["BertJapaneseTokenizer", "word_tokenizer_type=mecab", "WordPiece"],
    ),
    "a word tokenizer without its class": (
        lambda folder: _tokenizer_config(folder, word_tokenizer_type="sudachi"),
        ["word_tokenizer_type=sudachi"],
    ),
    "pieces of characters": (
        lambda folder: _tokenizer_config(folder, subword_tokenizer_type="character"),
        ["subword_tokenizer_type=character"],
    ),
    "KoBERT's class": (
        lambda folder: _tokenizer_config(folder, tokenizer_class="KoBertTokenizer"),
        ["KoBertTokenizer", "WordPiece"],
    ),
    "the class in config.json": (
        lambda folder: _config(folder, tokenizer_class="BertJapaneseTokenizer"),
        ["BertJapaneseTokenizer"],
    ),
    "SentencePiece's marks": (
        lambda folder: _vocabulary(folder, [word.replace("##", "▁") if word != "##" else "▁x" for word in WORDS]),
        ["begin with ▁", "SentencePiece"],
    ),
    "a tokenizer of its own code": (
        lambda folder: _tokenizer_config(folder, auto_map={"AutoTokenizer": ["tok.MyTokenizer", None]}),
        ["code of its own", "auto_map"],
    ),
    "a generic class without its file": (
        lambda folder: _tokenizer_config(folder, tokenizer_class="PreTrainedTokenizerFast"),
        ["PreTrainedTokenizerFast", "tokenizer.json", "there is none"],
    ),
    "a generic class that adds no special tokens": (
        lambda folder: (
            _tokenizer_json(folder, added={}, post_processor=False),
            _tokenizer_config(folder, tokenizer_class="TokenizersBackend"),
        ),
        ["[CLS] before a text", "post_processor"],
    ),
    "other special tokens": (
        lambda folder: _tokenizer_config(folder, cls_token="<s>"),
        ["'<s>' as its cls_token", "BERT's is [CLS]"],
    ),
    "other special tokens in the map": (
        lambda folder: _json(folder, "special_tokens_map.json", {"sep_token": {"content": "</s>", **PLAIN_TOKEN}}),
        ["'</s>' as its sep_token"],
    ),
    "an added token as a word of its own": (
        lambda folder: _tokenizer_config(
            folder, added_tokens_decoder={"481": {"content": WORDS[481], **PLAIN_TOKEN, "single_word": True}}
        ),
        [repr(WORDS[481]), "single_word"],
    ),
    "a special token without an id": (
        lambda folder: _tokenizer_config(folder, extra_special_tokens={"entity": "[E1]"}),
        ["'[E1]'", "no file gives it an id"],
    ),
    "an added token with the id of another": (
        lambda folder: _json(folder, "added_tokens.json", {WORDS[7]: 8}),
        [repr(WORDS[7]), "7 and 8"],
    ),
    "added tokens with a gap": (
        lambda folder: _json(folder, "added_tokens.json", {"@user": 600}),
        ["leave out", "500"],
    ),
    "added tokens beyond the embedding": (
        lambda folder: _json(folder, "added_tokens.json", {"@user": 500}),
        ["501 tokens in its vocabulary", "vocab_size 500"],
    ),
    "spaces around tokens": (
        lambda folder: _vocabulary(
            folder, [f"{word} " if number == 300 else word for number, word in enumerate(WORDS)]
        ),
        ["Line 301", "spaces around its token"],
    ),
    "another unknown token in the map": (
        lambda folder: _json(folder, "special_tokens_map.json", {"unk_token": "[MASK]"}),
        ["'[MASK]' as its unk_token", "'[UNK]'"],
    ),
    "two files of added tokens": (
        lambda folder: (
            _tokenizer_json(folder),
            _tokenizer_config(folder, added_tokens_decoder=_decoder({"[E1]": 500})),
        ),
        ["other added tokens", "'@user'"],
    ),
    "an added token of a space": (
        lambda folder: _with_added_token(folder, "\t"),
        ["'\\t' is ' '", "begin or end with a space"],
    ),
    "an added token of nothing": (
        lambda folder: _with_added_token(folder, "\u0301"),
        ["is '' when the text is cleaned up"],
    ),
    "an added token whose id is no number": (
        lambda folder: _json(folder, "added_tokens.json", {"@user": "500"}),
        ["'@user' the id '500'"],
    ),
    "a tokenizer.json of another kind of file": (
        lambda folder: _json(folder, "tokenizer.json", {"model": {"type": "WordPiece"}}),
        ["no file that Hugging Face tokenizers can read"],
    ),
    "lower-casing that is no truth value": (
        lambda folder: _tokenizer_config(folder, do_lower_case="False"),
        ["do_lower_case='False'", "no bool"],
    ),
    "tokenizer.json against the class's default": (
        lambda folder: (_tokenizer_json(folder, added={}, lowercase=False), _tokenizer_config(folder)),
        ["says lowercase=False", "BertTokenizer takes True", '{"do_lower_case": false}'],
    ),
    "longer words against the class's default": (
        lambda folder: _tokenizer_json(folder, added={}, max_input_chars_per_word=20),
        ["max_characters_per_word=20", "takes 100"],
    ),
    "NaN in the weights": (
        _numbers("bert.encoder.layer.1.output.dense.weight", np.nan),
        ["32 of 2048 numbers in encoder.layer.1.output.dense.weight", "NaN or infinite"],
    ),
    "infinity in the head": (_numbers("classifier.weight", np.inf), ["3 of 96 numbers in classifier.weight"]),
    "whole numbers for weights": (
        lambda folder: _tensors(
            folder, lambda tensors: {name: (10 * part).astype("int8") for name, part in tensors.items()}
        ),
        ["holds numbers of type I8"],
    ),
    "quantized weights": (
        lambda folder: _config(folder, quantization_config={"quant_method": "bitsandbytes"}),
        ["quantized weights", "quantization_config"],
    ),
    "two tensors of one name": (
        lambda folder: _tensors(
            folder, lambda tensors: {**tensors, "pooler.dense.bias": tensors["bert.pooler.dense.bias"] + 1}
        ),
        ["holds both", "bert.pooler.dense.bias", "and pooler.dense.bias"],
    ),
    "layers with cross-attention": (
        lambda folder: _tensors(
            folder,
            lambda tensors: {
                **tensors,
                "bert.encoder.layer.0.crossattention.self.query.weight": np.zeros((32, 32), "float32"),
            },
        ),
        ["tensors that no BERT", "1 in all", "crossattention"],
    ),
    "a pointer of Git LFS for the weights": (_git_pointer("model.safetensors"), ["pointer of Git LFS", "git lfs pull"]),
    "a pointer of Git LFS for the vocabulary": (_git_pointer("vocab.txt"), ["vocab.txt is a pointer of Git LFS"]),
    "a pointer of Git LFS for the config": (_git_pointer("config.json"), ["config.json is a pointer of Git LFS"]),
    "the root of a hub's cache": (
        _hub_cache,
        ["cache of a hub's model", "snapshots/86b5e0934494bd15c9632b12f734a8a67f723594", "Give that folder"],
    ),
    "a TensorFlow 1 checkpoint": (_tensorflow_1, ["TensorFlow 1 checkpoint", "convert", "bert_model.ckpt"]),
    "a Flax model": (
        _without("model.safetensors", and_also=["flax_model.msgpack"]),
        ["flax_model.msgpack", "from_flax=True"],
    ),
    "a SavedModel that is none": (
        _without("config.json", "model.safetensors", and_also=["saved_model.pb"]),
        ["saved_model.pb"],
    ),
    "an adapter alone": (
        _without("config.json", "model.safetensors", and_also=["adapter_config.json"]),
        ["adapter alone", "merge_and_unload"],
    ),
    "a model of ours": (_without("config.json", and_also=["task.json"]), ["model of keras_bigmodel", "--continue"]),
    "a KerasHub preset": (
        lambda folder: _config(folder, model_type=..., architectures=..., registered_name="keras_hub>BertBackbone"),
        ["preset of KerasHub"],
    ),
    "another architecture without a type": (
        lambda folder: _config(folder, model_type=..., architectures=["RobertaModel"]),
        ['type "RobertaModel"'],
    ),
    "relative positions": (lambda folder: _config(folder, position_embedding_type="relative_key"), ["relative_key"]),
    "a tagger without labels": (
        _tagger,
        ["has a head that labels tokens, not texts", "labels must be given"],
    ),
    "a tagger by its labels alone": (
        lambda folder: _config(folder, architectures=..., id2label={"0": "O", "1": "B-PER", "2": "I-PER"}),
        ["has a head that labels tokens"],
    ),
    "a chooser of answers": (
        lambda folder: _config(folder, architectures=["BertForMultipleChoice"]),
        ["has a head that labels choices"],
    ),
    "a head of another code": (
        lambda folder: _config(folder, architectures=["BertForHierarchicalThings"]),
        ["has a head that labels what BertForHierarchicalThings labels"],
    ),
    "max pooling": (_pooling(pooling_mode_max_tokens=True), ["by max pooling", "--pooling mean"]),
    "two poolings": (
        _pooling(pooling_mode_cls_token=True, pooling_mode_mean_tokens=True),
        ["by cls and mean pooling"],
    ),
    "a head of one output": (
        lambda folder: (
            _config(folder, id2label={"0": "score"}),
            _tensors(folder, lambda tensors: {**tensors, **{n: tensors[n][:1] for n in tensors if "classifier" in n}}),
        ),
        ["a head of one output", "scores texts"],
    ),
    "another number of labels": (lambda folder: _config(folder, num_labels=5), ["num_labels=5", "3 outputs"]),
    "a link to nothing": (
        lambda folder: ((folder / "config.json").unlink(), (folder / "config.json").symlink_to("nothing")),
        ["a link to nothing", "cp -L"],
    ),
    "a BERT inside another model": (_with_prefix("model."), ["under 'model.bert.'", "Save the BERT inside it alone"]),
    "numbers beyond float32": (
        lambda folder: _tensors(
            folder, lambda tensors: {name: part.astype("float64") * 1e300 for name, part in tensors.items()}
        ),
        ["too large for float32"],
    ),
    "wrong ids around a text": (
        lambda folder: (
            _tokenizer_json(folder, added={}, special_ids={"[CLS]": 7, "[SEP]": 3}),
            _tokenizer_config(folder, tokenizer_class="PreTrainedTokenizerFast"),
        ),
        ["the vocabulary's [CLS] before a text"],
    ),
    "labels that skip a number": (
        lambda folder: _config(folder, id2label={"0": "bad", "1": "fair", "3": "good"}),
        ["0 to 3", "3 outputs"],
    ),
}


def write_read(name, folder):
    """Writes the folder of a layout that is read."""
    rows, change = READ[name]
    config = {**CONFIG, "vocab_size": rows}
    tensors = tiny_tensors(config, LABELS, seed=1)
    write_tiny_bert(folder, labels=LABELS, tensors=tensors, vocab_size=rows)
    change(Path(folder))
    return Path(folder)


def write_refused(name, folder):
    """Writes the folder of a layout that is refused."""
    write_tiny_bert(folder, labels=LABELS, seed=1)
    REFUSED[name][0](Path(folder))
    return Path(folder)


def _by_transformers(folder):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    ids = [tokenizer(text, truncation=True, max_length=64)["input_ids"] for text in TEXTS]
    with torch.no_grad():
        logits = [model(input_ids=torch.tensor([row])).logits[0].tolist() for row in ids]
    labels = [model.config.id2label[number] for number in range(model.config.num_labels)]
    return {"ids": ids, "logits": [[round(number, 6) for number in row] for row in logits], "labels": labels}


def main():
    """Writes the fixture."""
    found = {}
    with tempfile.TemporaryDirectory() as aside:
        for number, name in enumerate(READ):
            if name not in _STANDS_FOR:
                found[name] = _by_transformers(write_read(name, Path(aside) / str(number)))
                print(name, found[name]["ids"][1], file=sys.stderr)
    for name, other in _STANDS_FOR.items():
        found[name] = found[other]
    found["a config without names of labels"] = {
        **found["a config without names of labels"],
        "labels": ["LABEL_0", "LABEL_1", "LABEL_2"],
    }
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in sorted(found.items())]
    EXPECTED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
