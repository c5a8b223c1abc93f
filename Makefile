# `make demo`, `make train-demo` and `make test`. Each needs only Python 3.11 or newer; everything else it installs
# itself, in the versions of requirements.lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The folder that the demo writes to; `make demo` again goes on where it stopped. Exit code 3 of `qagen generate`
# means that a passage got no pairs, which happens with a small model.
RUN ?= demo-run

# Compiled once, and not in each of the hundred processes that tests start (containers often switch it off).
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo train-demo learning learning-quick learning-documents test test-all lint types pytest test-newest test-oldest lock \
	docs benchmarks clean

demo: $(VENV)/.demo
	$(BIN)/qagen generate $(DEMO_SOURCE) -o $(RUN) $(DEMO_OPTIONS) --show 5 || [ $$? -eq 3 ]
	@echo
	@echo "More of the examples, or your own documents: $(BIN)/qagen generate PATH... -o my-run"
	@echo "With a strong model, any language:           $(BIN)/qagen generate PATH... -o my-run --llm openai:gpt-6-luna"

# Pairs, a model trained on them on this machine, and both models asked the questions: about ten minutes on two cores.
train-demo: $(VENV)/.train
	$(BIN)/qagen generate $(DEMO_SOURCE) -o $(RUN) $(DEMO_OPTIONS) --show 3 || [ $$? -eq 3 ]
	$(BIN)/qagen tune $(RUN) --provider local
	$(BIN)/qagen ask $(RUN) --sample 100
	@echo
	@echo "The model is in $(RUN)/model (its README.md says what it is). Ask it: $(BIN)/qagen ask $(RUN) \"...\""

# Does the recipe teach? docs/learning.md tells what came of it. All three go on where they were interrupted.
learning: $(VENV)/.evaluate
	$(BIN)/python benchmarks/learning.py

learning-quick: $(VENV)/.evaluate
	$(BIN)/python benchmarks/learning.py --quick

# The whole product on an example document, its pairs written by the embedded model.
learning-documents: $(VENV)/.evaluate
	$(BIN)/python benchmarks/learning.py --documents

DEMO_SOURCE ?= examples/documents/tessimarn-regatta.md
# Two cores write about ten tokens a second: fewer wordings than by default, so that it stays a matter of minutes.
DEMO_OPTIONS ?= --limit 3 --forms 3 --held-out 1

# ruff first, for it takes a second; mypy beside pytest, with what that leaves idle. test-all also runs what takes
# long: the pages of the documentation, notebooks, kills, browsers, huge inputs and benchmarks.
test: QUICK = -m 'not slow'
test test-all: lint $(VENV)/.test
	@nice -n 19 $(BIN)/mypy > $(VENV)/mypy.log 2>&1 & types=$$!; \
	$(PYTEST) $(QUICK); tests=$$?; \
	wait $$types; checked=$$?; [ $$checked -eq 0 ] || cat $(VENV)/mypy.log; \
	exit $$((tests | checked))

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

PYTEST = $(BIN)/pytest --numprocesses auto --dist loadscope --no-loadscope-reorder --durations 25 --durations-min 1

pytest: $(VENV)/.test
	$(PYTEST)

# What people get who install qagen today, and who have kept what they installed when it was first allowed. PyTorch is
# that of the lock, unless another is asked for: make test-oldest TORCH=torch==2.8.0
TORCH ?= torch==2.13.0

test-newest test-oldest: test-%:
	$(PYTHON) .ci/install.py .venv-$* test --versions $* --torch $(TORCH)
	[ $* = oldest ] || .venv-$*/bin/mypy
	QAGEN_VERSIONS=$* .venv-$*/bin/pytest --numprocesses auto --dist loadscope --no-loadscope-reorder

# Exact versions of everything that make and CI install, for every platform and Python.
lock: $(VENV)/.test
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --upgrade --no-header \
		--output-file requirements.lock pyproject.toml

docs: $(VENV)/.test
	$(BIN)/mkdocs serve

benchmarks: $(VENV)/.test
	$(BIN)/python benchmarks/splitting.py
	$(BIN)/python benchmarks/throughput.py
	$(BIN)/python benchmarks/training.py

INSTALL = $(PYTHON) .ci/install.py $(VENV)

$(VENV)/.demo: pyproject.toml requirements.lock
	$(INSTALL) local,files
	@touch $@

$(VENV)/.train: pyproject.toml requirements.lock
	$(INSTALL) local,files,train
	@touch $@ $(VENV)/.demo

$(VENV)/.evaluate: pyproject.toml requirements.lock
	$(INSTALL) local,files,train,evaluate
	@touch $@ $(VENV)/.demo $(VENV)/.train

$(VENV)/.test: pyproject.toml requirements.lock
	$(INSTALL) test --compile torch transformers peft trl datasets accelerate sympy pandas langchain_core langsmith openai
	@touch $@ $(VENV)/.demo $(VENV)/.train $(VENV)/.evaluate

clean:
	rm -rf $(VENV) .venv-newest .venv-oldest $(RUN) learning-run site .mypy_cache .ruff_cache .pytest_cache .hypothesis
