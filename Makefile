# Short names for plain commands; every recipe prints the line that it runs.  See README for the same lines without make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
RUN    := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev

.PHONY: lab setup serve test check fix notebooks bench lock clean

lab: $(RUN)  ## sandbox server and JupyterLab, one address to open
	$(BIN)/connectathon lab

setup: $(DEV)  ## environment with everything that developers need

serve: $(RUN)  ## the sandbox server alone
	$(BIN)/connectathon serve

test: $(DEV)  ## the whole suite, notebooks and browser included
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(DEV)  ## format, lint, types, lessons as built
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/connectathon lessons check

fix: $(DEV)  ## what can be mended without thinking
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

notebooks: $(DEV)  ## build the lessons and run the solution of each in the three languages
	$(BIN)/connectathon lessons build
	$(BIN)/connectathon lessons build --solutions out/solutions
	$(BIN)/python -m pytest -p no:randomly -p no:cacheprovider -o addopts= -o filterwarnings= --nbval-lax --nbval-cell-timeout 60 out/solutions

bench: $(DEV)  ## speed and memory, as ratios where a peer exists
	$(BIN)/python -m tests.bench

lock: $(DEV)  ## pin every dependency anew, for all platforms
	$(BIN)/pip install uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --no-header --no-annotate --upgrade -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --no-header --no-annotate --upgrade -c requirements.lock -o requirements-dev.lock
	$(BIN)/python -m sandbox.cli.environment

clean:  ## forget the environment; the user's data folder stays
	rm -rf $(VENV) out

$(RUN): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps -e .
	touch $@

$(DEV): $(RUN) requirements-dev.lock
	$(BIN)/python -m pip install --quiet -r requirements-dev.lock
	touch $@
