"""Estimates the time of training and of answering questions from a model's size and the GPUs' data sheets.

A weight costs two operations per token in the forward pass and two for the gradient in the backward pass. LoRA needs no
gradients of the frozen weights, and gradient checkpointing, which LlamaFactory enables, runs the forward pass twice:
six in all. Prompts are compute-bound; generating answers is memory-bound, since each step reads all weights once for
all running requests. Kernels reach a share of what a data sheet promises. The shares below are assumed, not measured on
these GPUs, so a duration is right within a factor of two at best.
"""

from shopbench_plugin.planning.plan import Plan

ROW_TOKENS = 170
"""A converted ECInstruct row: 600 characters on average, at 4.3 per token, and the chat template's tokens."""

PROMPT_TOKENS = 190
"""A question without its demonstrations, which are cached: 620 characters on average in the development set."""

ANSWER_TOKENS = 10
"""Average length of an answer: half of the questions are multiple choice, with one token."""

_TRAINING_OPERATIONS, _PROMPT_OPERATIONS = 6, 2  # per token and weight
_TRAINING_PART, _PROMPT_PART, _READING_PART = 0.35, 0.4, 0.6


def estimate_training_seconds(plan: Plan, rows: int) -> float | None:
    """Return the time of one epoch of LoRA over `rows` packed rows, or None for a GPU of unknown speed."""
    speed = plan.cards.card.speed
    if speed is None:
        return None
    operations = rows * ROW_TOKENS * plan.shape.parameters * _TRAINING_OPERATIONS
    return operations / (plan.cards.count * speed.teraflops * 1e12 * _TRAINING_PART)


def estimate_answering_seconds(plan: Plan, questions: int) -> float | None:
    """Return the time of `questions` questions in one run, or None if the model doesn't fit or the GPU is unknown.

    GPUs that the model doesn't need run further replicas, each with its share of the questions.
    """
    speed = plan.cards.card.speed
    if speed is None or plan.serving is None or not plan.serving.fits:
        return None
    gpus = plan.serving.split.gpus
    operations = questions * PROMPT_TOKENS * plan.shape.parameters * _PROMPT_OPERATIONS
    steps = questions * ANSWER_TOKENS / plan.serving.requests
    prompts = operations / (gpus * speed.teraflops * 1e12 * _PROMPT_PART)
    answers = steps * plan.serving.weights / (gpus * speed.gigabytes_per_second * 1e9 * _READING_PART)
    return (prompts + answers) / (plan.cards.count // gpus)
