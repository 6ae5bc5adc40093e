# Every developer command. `make run` starts Proofdesk, `make test` runs every check; `make help` lists the rest.

VENV := .venv
BIN := $(VENV)/bin
WITH_VENV := $(VENV)/.stamp-venv
INSTALLED := $(VENV)/.stamp-installed
INSTALLED_DEV := $(VENV)/.stamp-installed-dev
WITH_BROWSER := $(VENV)/.stamp-browser
WITH_TESSERACT := $(VENV)/.stamp-tesseract

SOURCES := pipeline workers review_ui tests bench fixtures
JOBS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); [ "$$n" -lt 2 ] && n=2; [ "$$n" -gt 8 ] && n=8; echo $$n)
# Files stay whole: a file's tests share a database server, an installation or a browser. They come in the order of
# tests/conftest.py, the long ones first.
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-input --root-user-action=ignore

# Runs its arguments as root where that needs no question; fails where it would.
AS_ROOT := as_root() { if [ "$$(id -u)" = 0 ]; then "$$@"; else sudo -n "$$@"; fi; }
# Installs Debian packages without a question; fails, saying nothing, where that can't be done.
APT := apt_install() { command -v apt-get >/dev/null && as_root true 2>/dev/null && echo "Installing $$* with apt." \
	&& as_root apt-get -qq update >/dev/null 2>&1; \
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=60 install -y --no-install-recommends "$$@" >/dev/null 2>&1; }

.PHONY: help run test format lint types imports unit integration e2e bench constraints languages clean

help: ## This list.
	@grep -E '^[a-z0-9]+:.*##' Makefile | sed -E 's/^([a-z0-9]+):.*## */\1|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

run: $(INSTALLED) ## Install what is missing and start everything; DEMO=1 also feeds the sample documents.
	@exec $(BIN)/proofdesk up $(if $(filter-out 0,$(DEMO)),--demo)

# The type checker runs beside the tests: it keeps one core busy for half a minute, and the first tests often wait.
test: $(INSTALLED_DEV) $(WITH_BROWSER) $(WITH_TESSERACT) lint imports ## Install what the tests need, then run every check and every test.
	@$(BIN)/basedpyright --level error >$(VENV)/types.log 2>&1 & types=$$!; \
	$(PYTEST); tests=$$?; \
	wait $$types || { cat $(VENV)/types.log >&2; exit 1; }; exit $$tests

format: $(INSTALLED_DEV) ## Rewrite the sources in the one format.
	@$(BIN)/ruff check --quiet --fix-only $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

lint: $(INSTALLED_DEV) ## Style and likely mistakes.
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/ruff format --quiet --check $(SOURCES) || { echo "Run 'make format'." >&2; exit 1; }

types: $(INSTALLED_DEV) ## Types, strict on pipeline/.
	@$(BIN)/basedpyright --level error

imports: $(INSTALLED_DEV) ## Who may import whom.
	@$(BIN)/lint-imports --no-cache >$(VENV)/imports.log 2>&1 || { cat $(VENV)/imports.log >&2; exit 1; }

unit: $(INSTALLED_DEV) ## The tests that need no server and no browser.
	@$(PYTEST) tests/unit tests/property

integration: $(INSTALLED_DEV) $(WITH_TESSERACT) ## The tests with real databases, a real queue and real PDFs.
	@$(PYTEST) tests/integration

e2e: $(INSTALLED_DEV) $(WITH_BROWSER) ## The tests that drive a browser.
	@$(PYTEST) tests/e2e

bench: $(INSTALLED_DEV) ## Measure: intake at full size; see bench/ for the others.
	@$(BIN)/python -m bench.intake

constraints: $(INSTALLED_DEV) ## Pin the versions that are installed now, after the tests passed with them.
	@{ head -n 1 constraints.txt; $(BIN)/python -m pip freeze --exclude-editable | grep -E '^[^ @]+==' | LC_ALL=C sort -f; } >constraints.new
	@mv constraints.new constraints.txt

languages: $(INSTALLED_DEV) ## Bring the catalogues of the interface up to date with what the sources say.
	@$(BIN)/pybabel -q extract -F review_ui/languages/babel.cfg -k _l -k t -k counted:2,3 -k gettext_noop \
		--add-location=file --sort-output --omit-header -o $(VENV)/messages.pot .
	@for file in review_ui/languages/*.po; do \
		$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete --omit-header --width=120 \
			-i $(VENV)/messages.pot -o $$file -l $$(basename $$file .po); \
	done

clean: ## Remove what make made; the data folder stays.
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(WITH_VENV):
	@python= ; \
	for name in python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Proofdesk needs Python 3.11 or newer: install it (Debian 12: apt install python3) and run make again." >&2; exit 1; \
	fi; \
	$(AS_ROOT); $(APT); \
	version=$$("$$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])'); \
	"$$python" -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv "$$version-venv" || apt_install python3-venv || true; \
	rm -rf $(VENV); \
	if ! "$$python" -m venv $(VENV) >/dev/null 2>&1; then \
		rm -rf $(VENV); \
		echo "Python's venv module is missing: install it (Debian 12: apt install python3-venv) and run make again." >&2; exit 1; \
	fi; \
	touch $@

$(INSTALLED): $(WITH_VENV) pyproject.toml constraints.txt
	@echo "Installing Proofdesk into $(VENV)."
	@$(PIP) -c constraints.txt -e .
	@$(AS_ROOT); $(APT); \
	learns() { $(BIN)/python -c 'import lightgbm' 2>/dev/null; }; \
	learns || { apt_install libgomp1 || true; learns; } || { \
		echo "Learning needs the system library libgomp: install it (Debian 12: apt install libgomp1) and run make again." >&2; exit 1; }
	@touch $@

$(INSTALLED_DEV): $(INSTALLED)
	@echo "Installing what the checks need into $(VENV)."
	@$(PIP) -c constraints.txt -e '.[dev]'
	@touch $@

$(WITH_BROWSER): $(INSTALLED_DEV)
	@$(AS_ROOT); $(APT); \
	has_browser() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }; \
	has_browser || apt_install chromium || $(BIN)/playwright install chromium >/dev/null 2>&1 || { \
		echo "The tests need a browser: install Chromium (Debian 12: apt install chromium) and run make again." >&2; exit 1; }
	@touch $@

# Proofdesk does without it unless its operator asks for it: tests of the real program are skipped where it is missing.
$(WITH_TESSERACT): $(INSTALLED_DEV)
	@$(AS_ROOT); $(APT); \
	command -v tesseract >/dev/null || apt_install tesseract-ocr || \
		echo "Tests of the real Tesseract are skipped: it can't be installed from here (Debian 12: apt install tesseract-ocr)."
	@touch $@
