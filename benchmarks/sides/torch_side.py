"""PyTorch's side, as `transformers` is used at its best: dynamic padding of texts grouped by their tokens' number.

Like its Trainer: fused AdamW, no decay on biases and normalisations, windows of 50 batches sorted by length. Texts are
tokenized in one call, which uses all threads, inside the clock.
"""

import contextlib
import copy
import random

import side


def training(settings):
    """Trains on texts; the clock includes their tokenisation."""
    import torch

    train = side.Texts(settings["texts"], "train", settings["rows"])
    test = side.Texts(settings["texts"], "test", settings["test_rows"])
    load_s, (tokenizer, model) = side.timed(lambda: _load(settings, settings["encoder"], labels=len(train.names)))
    labels = torch.tensor(train.labels)
    warm = _tokenized(tokenizer, train.texts)
    before = copy.deepcopy(model.state_dict())
    step = _train_step(model, settings, steps=1000)
    batches = train.one_batch_a_length()
    compile_s, _ = side.timed(lambda: step(*_padded(warm, batches[0]), labels[batches[0]]))
    warmup_s, _ = side.timed(lambda: [step(*_padded(warm, rows), labels[rows]) for rows in batches])
    model.load_state_dict(before)
    step = _train_step(model, settings, steps=-(-len(train) // side.BATCH_SIZE))

    def epoch():
        rows_of_ids = _tokenized(tokenizer, train.texts)
        for rows in _shuffled_by_length(rows_of_ids, settings["round"]):
            step(*_padded(rows_of_ids, rows), labels[rows])

    seconds, _ = side.timed(epoch)
    right = side.accuracy(_answers(tokenizer, model, settings, test.texts), test.labels)
    yield _line(side.rates(len(train), train.tokens, seconds), load_s, compile_s, warmup_s, accuracy=right)


def fixed_training(settings):
    """Trains on ids of 32 x 128 without padding, made before the clock runs."""
    import torch

    train = side.Texts(settings["texts"], "train", settings["rows"])
    test = side.Texts(settings["texts"], "test", settings["test_rows"])
    load_s, (tokenizer, model) = side.timed(lambda: _load(settings, settings["encoder"], labels=len(train.names)))
    labels = torch.tensor(train.labels)
    rows_of_ids = _tokenized(tokenizer, train.texts)
    starts = range(0, len(train), side.BATCH_SIZE)
    batches = [list(range(start, min(start + side.BATCH_SIZE, len(train)))) for start in starts]
    inputs = [(*_padded(rows_of_ids, rows), labels[rows]) for rows in batches]
    before = copy.deepcopy(model.state_dict())
    step = _train_step(model, settings, steps=1000)
    compile_s, _ = side.timed(lambda: step(*inputs[0]))
    warmup_s, _ = side.timed(lambda: [step(*inputs[0]) for _ in range(2)])
    model.load_state_dict(before)
    step = _train_step(model, settings, steps=len(inputs))
    seconds, _ = side.timed(lambda: [step(*batch) for batch in inputs])
    right = side.accuracy(_answers(tokenizer, model, settings, test.texts), test.labels)
    yield _line(side.rates(len(train), train.tokens, seconds), load_s, compile_s, warmup_s, accuracy=right)


def prediction(settings):
    """Answers texts, sorted by length."""
    test = side.Texts(settings["texts"], "test", settings["rows"])
    load_s, (tokenizer, model) = side.timed(lambda: _load(settings, settings["classifier"]))
    answer = lambda texts: _answers(tokenizer, model, settings, texts)
    compile_s, _ = side.timed(lambda: answer(test.texts[: side.BATCH_SIZE]))
    shapes, _ = test.take(row for batch in test.one_batch_a_length() for row in batch)
    warmup_s, _ = side.timed(lambda: answer(shapes))
    seconds, answers = side.median_pass(lambda: answer(test.texts), settings["passes"])
    about = {"accuracy": side.accuracy(answers, test.labels), "answers": answers}
    yield _line(side.rates(len(test), test.tokens, seconds), load_s, compile_s, warmup_s, **about)


def fixed_prediction(settings):
    """Turns ids of 32 x 128 without padding into logits."""
    test = side.Texts(settings["texts"], "test", settings["rows"])
    load_s, (tokenizer, model) = side.timed(lambda: _load(settings, settings["classifier"]))
    rows_of_ids = _tokenized(tokenizer, test.texts)
    starts = range(0, len(test), side.BATCH_SIZE)
    batches = [_padded(rows_of_ids, range(start, min(start + side.BATCH_SIZE, len(test)))) for start in starts]
    answer = lambda batches: _asked(model, settings, batches)
    compile_s, _ = side.timed(lambda: answer(batches[:1]))
    answer(batches[-1:])
    seconds, answers = side.median_pass(lambda: answer(batches), settings["passes"])
    about = {"accuracy": side.accuracy(answers, test.labels), "answers": answers}
    yield _line(side.rates(len(test), test.tokens, seconds), load_s, compile_s, **about)


def single(settings):
    """Answers texts one at a time, by the pipeline of `transformers`."""
    test = side.Texts(settings["texts"], "test", settings["rows"])
    load_s, ask = side.timed(lambda: _pipeline(settings))
    answer = lambda text: test.names.index(ask(text)[0]["label"])
    compile_s, _ = side.timed(lambda: answer(test.texts[0]))
    figures = side.one_by_one(answer, test.texts)
    yield _line(figures, load_s, compile_s, accuracy=side.accuracy(figures["answers"], test.labels))


def first_prediction(settings):
    """Loads the pipeline and answers one text."""
    found = _pipeline(settings)(settings["text"])[0]["label"]
    yield {"first_prediction_s": side.since_start(), "answers": [settings["names"].index(found)]}


def growth(settings):
    """Trains and predicts with encoders of several shapes, on random ids without padding."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.set_num_threads(settings["threads"])
    with open(settings["vocabulary"], encoding="utf-8") as file:
        words = len(file.read().splitlines())
    for point in settings["points"]:
        torch.manual_seed(0)
        width, length = point["hidden"], point["length"]
        shape = {"num_hidden_layers": point["layers"], "num_attention_heads": width // 32, "vocab_size": words}
        config = BertConfig(hidden_size=width, intermediate_size=4 * width, **shape)
        model = BertForSequenceClassification(config)
        rows = max(1, settings["tokens_a_batch"] // length)
        ids, mask = torch.randint(5, words, (rows, length)), torch.ones((rows, length), dtype=torch.long)
        labels = torch.randint(0, 2, (rows,))
        step = _train_step(model, settings, steps=1000)
        for name, work in (
            ("training", lambda step=step, batch=(ids, mask, labels): step(*batch)),
            ("prediction", lambda model=model, batch=(ids, mask): _asked(model, settings, [batch])),
        ):
            compile_s, _ = side.timed(work)
            seconds, _ = side.timed(lambda work=work: [work() for _ in range(settings["steps"])])
            figures = side.rates(rows * settings["steps"], rows * length * settings["steps"], seconds)
            yield {"peak_mb": None, "set": f"{point['name']}, {name}", **figures, "compile_s": round(compile_s, 2)}


def _load(settings, folder, labels=None):
    """Gives `(tokenizer, model)`; with `labels` a new head of so many, else the folder's own."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(settings["round"])
    torch.set_num_threads(settings["threads"])
    dtype = torch.bfloat16 if settings["dtype"] == "bfloat16 weights" else torch.float32
    head = {} if labels is None else {"num_labels": labels}
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=dtype, **head)
    return AutoTokenizer.from_pretrained(folder), model


def _pipeline(settings):
    import torch
    from transformers import pipeline

    torch.set_num_threads(settings["threads"])
    return pipeline("text-classification", model=settings["classifier"], dtype=getattr(torch, settings["dtype"]))


def _tokenized(tokenizer, texts):
    return tokenizer(texts, truncation=True, max_length=side.MAX_LENGTH, return_attention_mask=False)["input_ids"]


def _padded(rows_of_ids, rows):
    """Gives `(ids, mask)` of rows, padded to the longest; the padding's id is 0 in BERT."""
    import torch

    tensors = [torch.tensor(rows_of_ids[row]) for row in rows]
    ids = torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True)
    return ids, (ids != 0).long()


def _shuffled_by_length(rows_of_ids, seed):
    """Gives batches of rows, sorted by length within windows of 50 batches, in random order."""
    rng = random.Random(seed)
    order = list(range(len(rows_of_ids)))
    rng.shuffle(order)
    window = 50 * side.BATCH_SIZE
    windows = [order[start : start + window] for start in range(0, len(order), window)]
    order = [row for rows in windows for row in sorted(rows, key=lambda row: -len(rows_of_ids[row]))]
    batches = [order[start : start + side.BATCH_SIZE] for start in range(0, len(order), side.BATCH_SIZE)]
    rng.shuffle(batches)
    return batches


def _train_step(model, settings, *, steps):
    """Gives a function that trains on one batch."""
    import torch

    plain = [name for name, _ in model.named_parameters() if name.endswith("bias") or "LayerNorm" in name]
    groups = [
        {"params": [p for name, p in model.named_parameters() if name not in plain], "weight_decay": side.WEIGHT_DECAY},
        {"params": [p for name, p in model.named_parameters() if name in plain], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, side.LEARNING_RATE, fused=settings.get("fused_optimizer", True))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share_of_rate(step, steps))

    def step(ids, mask, labels):
        model.train()
        with _precision(settings):
            loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), side.CLIP_NORM)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()

    return step


def _share_of_rate(step, steps):
    warmup = max(1, round(side.WARMUP_SHARE * steps))
    return min((step + 1) / warmup, max(0.0, (steps - step) / max(1, steps - warmup)))


def _precision(settings):
    import torch

    return torch.autocast("cpu", torch.bfloat16) if settings["dtype"] == "bfloat16" else contextlib.nullcontext()


def _answers(tokenizer, model, settings, texts):
    """Gives the numbers of the labels of texts, which are batched longest first."""
    rows_of_ids = _tokenized(tokenizer, texts)
    order = sorted(range(len(texts)), key=lambda row: -len(rows_of_ids[row]))
    batches = [order[start : start + side.BATCH_SIZE] for start in range(0, len(order), side.BATCH_SIZE)]
    found = _asked(model, settings, (_padded(rows_of_ids, rows) for rows in batches))
    labels = [0] * len(texts)
    for row, label in zip(order, found, strict=True):
        labels[row] = label
    return labels


def _asked(model, settings, batches):
    import torch

    model.eval()
    with torch.inference_mode(), _precision(settings):
        outputs = (model(input_ids=ids, attention_mask=mask).logits for ids, mask in batches)
        return [label for logits in outputs for label in logits.argmax(-1).tolist()]


def _line(figures, load_s, compile_s, warmup_s=None, **about):
    times = {"load_s": round(load_s, 2), "compile_s": round(compile_s, 2)}
    times |= {} if warmup_s is None else {"warmup_s": round(warmup_s, 2)}
    return {**figures, **times, **about, "versions": side.versions("torch", "transformers", "tokenizers")}


FUNCTIONS = {
    "training": training,
    "fixed_training": fixed_training,
    "prediction": prediction,
    "fixed_prediction": fixed_prediction,
    "single": single,
    "first_prediction": first_prediction,
    "growth": growth,
}

if __name__ == "__main__":
    side.main(FUNCTIONS)
