"""How long a training and a run of questions take: a model's size against the cards' data sheets.

A weight costs two operations for a token on the way forward and two for the gradient on the way back. LoRA wants no
gradients of the frozen weights, and gradient checkpointing, which LlamaFactory has on, makes the way forward twice: six
in all. Prompts are bound by arithmetic; writing answers is bound by memory, since each step reads all weights once for
all requests under way. Kernels reach a part of what a data sheet promises. The parts below are assumed, not measured on
these cards, so a duration is right within a factor of two at best.
"""

from shopbench_plugin.planning.cards import Cards
from shopbench_plugin.planning.plan import Plan

ROW_TOKENS = 170
"""A converted ECInstruct row: 600 characters on average, at 4.3 a token, and the turns' markup."""

PROMPT_TOKENS = 190
"""What a question adds to the demonstrations, which are cached: 620 characters on average in the development set."""

ANSWER_TOKENS = 10
"""What is written to a question on average: half of them are multiple choice, with one token."""

_TRAINING_OPERATIONS, _PROMPT_OPERATIONS = 6, 2  # for a token and a weight
_TRAINING_PART, _PROMPT_PART, _READING_PART = 0.35, 0.4, 0.6


def estimate_training_seconds(plan: Plan, rows: int) -> float | None:
    """Return the time of one epoch of LoRA over `rows` packed rows, or None for a card of unknown speed."""
    speed = _find_speed(plan.cards)
    if speed is None:
        return None
    operations = rows * ROW_TOKENS * plan.shape.parameters * _TRAINING_OPERATIONS
    return operations / (plan.cards.count * speed[0] * _TRAINING_PART)


def estimate_answering_seconds(plan: Plan, questions: int) -> float | None:
    """Return the time of `questions` questions asked at once, or None where nothing fits or the card is unknown.

    Cards that the model doesn't need hold further replicas, each with its share of the questions.
    """
    speed = _find_speed(plan.cards)
    if speed is None or plan.serving is None or not plan.serving.fits:
        return None
    gpus = plan.serving.split.gpus
    operations = questions * PROMPT_TOKENS * plan.shape.parameters * _PROMPT_OPERATIONS
    steps = questions * ANSWER_TOKENS / plan.serving.requests
    prompts = operations / (gpus * speed[0] * _PROMPT_PART)
    answers = steps * plan.serving.weights / (gpus * speed[1] * _READING_PART)
    return (prompts + answers) / (plan.cards.count // gpus)


def _find_speed(cards: Cards) -> tuple[float, float] | None:
    """Return operations and bytes a second of one card."""
    if cards.card.speed is None:
        return None
    return cards.card.speed.teraflops * 1e12, cards.card.speed.gigabytes_per_second * 1e9
