# Every command a person needs; `make` alone lists them. The first one used sets up .venv: see tools/setup_venv.py.
# Works with GNU make 3.81, and only relative paths occur, because make cannot handle spaces in file names.

# "yes" if .venv was set up in this very folder (a moved one has wrong paths inside) and its Python is still there.
READY := $(shell { IFS= read -r folder <.venv/.stamp && test "$$folder" = "$$(pwd -P)" && test -x .venv/bin/python \
	&& echo yes; } 2>/dev/null)
# A .venv that stands keeps its Python, whatever python3 has become meanwhile.
PYTHON ?= $(if $(READY),.venv/bin/python,python3)

# An argument for the shell, quoted whatever is in it.
quote = '$(subst ','\'',$(1))'

help:
	@printf '%s\n' \
	'make grade           where you are and what to do next' \
	'                       EX=e06        one exercise      M=m1              one module' \
	'                       STRICT=1      fail unless done  TARGET=solutions  grade another folder' \
	'make watch           the same for one exercise, on every save (EX=e06 for another than the current one)' \
	'make next            the exercise that comes next, opened in EDITOR' \
	'make hint            one more hint for the task at hand (EX=e06 TASK=2 for another)' \
	'make solution EX=e06 the solution beside your file, once it passes (ANYWAY=1 for now)' \
	'make reset EX=e06    put the stub back; your file is kept' \
	'make list            all exercises: where you stand, how long they take, what they need' \
	'make path            a dozen questions: is this the right course, and what to do in which order (ANSWERS=file)' \
	'make doctor          what is wrong with this machine, and the command that mends it' \
	'make test            the tests of the project itself' \
	'make check           for authors: are the exercises as they should be (EX=e06 for one)' \
	'                       WRITE=1       write the fingerprints of mutants anew' \
	'make serve           the simulated provider over HTTP (PORT=8378, HOST=::1; FAULTS="rate_limited=0.1 cut=0.05")' \
	'make notebooks       JupyterLab on notebooks/: look, plot, play' \
	'make corpus          for authors: derive data/ anew from what is written by hand' \
	'make format          format the code and mend what ruff can' \
	'make bench           how long grading takes, and how plain retrievers do on the corpus' \
	'make setup           set up .venv; the commands above do it by themselves (PYTHON=python3.12 for another Python)' \
	'make clients         set up the client libraries for the tests; make test does it by itself' \
	'make lock            write the locks anew from pyproject.toml (UPGRADE=1 for the newest versions)'

grade: .venv/.stamp
	@.venv/bin/gradus grade $(foreach stem,$(EX),$(call quote,$(stem))) $(if $(M),--module $(call quote,$(M))) \
	$(if $(TARGET),--target $(call quote,$(TARGET))) $(if $(filter-out 0,$(STRICT)),--strict)

watch: .venv/.stamp
	@.venv/bin/gradus watch $(if $(EX),$(call quote,$(EX)))

next: .venv/.stamp
	@.venv/bin/gradus next

hint: .venv/.stamp
	@.venv/bin/gradus hint $(if $(EX),$(call quote,$(EX))) $(if $(TASK),--task $(call quote,$(TASK)))

solution: .venv/.stamp
	@.venv/bin/gradus solution $(if $(EX),$(call quote,$(EX))) $(if $(filter-out 0,$(ANYWAY)),--anyway)

reset: .venv/.stamp
	@.venv/bin/gradus reset $(if $(EX),$(call quote,$(EX)))

list: .venv/.stamp
	@.venv/bin/gradus list

test: .venv/.stamp clients
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/python -m pytest --quiet -n auto --maxprocesses 4 --dist worksteal

check: .venv/.stamp
	@.venv/bin/gradus check $(foreach stem,$(EX),$(call quote,$(stem))) $(if $(filter-out 0,$(WRITE)),--write)

# Some shells export HOST, and nobody means to be reached from elsewhere by that.
serve: .venv/.stamp
	@.venv/bin/gradus serve $(if $(filter command,$(origin HOST)),--host $(call quote,$(HOST))) $(if $(PORT),--port $(call quote,$(PORT))) \
	$(foreach fault,$(FAULTS),--fault $(call quote,$(fault)))

notebooks: .venv/.stamp
	@.venv/bin/python -m jupyterlab notebooks

corpus: .venv/.stamp
	@.venv/bin/gradus corpus

format: .venv/.stamp
	@.venv/bin/ruff format --quiet .
	@.venv/bin/ruff check --quiet --fix .

bench: .venv/.stamp
	@.venv/bin/python -m benchmarks

# Nothing is set up first: it is asked when set-up fails, too. Any Python will do where .venv has none that starts.
doctor:
	@if .venv/bin/python -c '' 2>/dev/null; then PYTHONPATH=src .venv/bin/python -m gradus.doctor; \
	else PYTHONPATH=src $(call quote,$(if $(filter file,$(origin PYTHON)),python3,$(PYTHON))) -m gradus.doctor; fi

path: .venv/.stamp
	@.venv/bin/gradus path $(if $(ANSWERS),--answers $(call quote,$(ANSWERS))) $(if $(TEMPLATE),--template $(call quote,$(TEMPLATE)))

setup: always
	@$(call quote,$(PYTHON)) tools/setup_venv.py
	@echo '.venv is ready.'

.venv/.stamp: pyproject.toml requirements.lock tools/setup_venv.py $(if $(READY),,always)
	@$(call quote,$(PYTHON)) tools/setup_venv.py

# Nobody but `make test` needs them, so they are no part of .venv. Looks each time whether there is anything to do.
clients: .venv/.stamp
	@.venv/bin/python -m tools.setup_clients

# torch is pinned but not locked by hash, so that a local wheel fits; its CUDA libraries are left out: Gradus runs on the CPU.
NOT_LOCKED = torch triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc \
	nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse \
	nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx

lock: .venv/.stamp
	@cp requirements.lock .venv/requirements.lock
	@.venv/bin/uv pip compile --quiet --universal --no-build --python-version 3.11 --extra dev --generate-hashes --no-header \
	--no-annotate $(NOT_LOCKED:%=--no-emit-package %) $(if $(UPGRADE),--upgrade) \
	--output-file .venv/requirements.lock pyproject.toml
	@sed -n 's/.*"\(torch==[^"]*\)".*/\1/p' pyproject.toml >>.venv/requirements.lock
	@mv .venv/requirements.lock requirements.lock
	@cp requirements-clients.lock .venv/requirements-clients.lock
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --group clients --generate-hashes --no-header \
	--no-annotate $(if $(UPGRADE),--upgrade) --output-file .venv/requirements-clients.lock
	@mv .venv/requirements-clients.lock requirements-clients.lock

.PHONY: help doctor path grade watch test check serve notebooks corpus format bench setup clients lock always
