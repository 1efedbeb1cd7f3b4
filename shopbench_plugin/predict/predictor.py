"""From questions to answers through one engine: route, demonstrate, constrain, generate, repair."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from shopbench_plugin.constraints import Constraint, build_constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question, Routed
from shopbench_plugin.demonstrations.choice import NO_DEMONSTRATIONS, DemonstrationSet, choose_demonstrations
from shopbench_plugin.demonstrations.preset_files import Rule, read_preset
from shopbench_plugin.engines.interface import Completion, Engine, Prompt
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.formats.questions import read_development_set
from shopbench_plugin.postprocess import repair
from shopbench_plugin.predict.prediction import Prediction
from shopbench_plugin.predict.settings import PredictorSettings
from shopbench_plugin.prompting.fitting import FittedPrompt, fit_to_context
from shopbench_plugin.prompting.messages import PromptSettings
from shopbench_plugin.prompting.raw import read_raw_answer, write_raw_prompt
from shopbench_plugin.routing import route_question
from shopbench_plugin.routing.by_model import ask_for_type, list_choices, route_as_answered, wants_model


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with all that is known of it before the engine answers; `raw` where it is put in plain text."""

    routed: Routed
    fitted: FittedPrompt
    constraint: Constraint
    raw: Rule | None = None


class Predictor:
    """Answers shopping questions with one model; the model is loaded when the first question comes."""

    def __init__(
        self,
        settings: PredictorSettings,
        engine: Engine | None = None,
        demonstrations: DemonstrationSet | None = None,
    ) -> None:
        """Read preset and development set, so that their mistakes show before a model is loaded.

        Args:
            settings: model, engine, preset and the rest.
            engine: takes the place of the engine that the settings describe.
            demonstrations: takes the place of what the settings' preset would choose.

        Raises:
            ShopBenchError: the preset or the development set has a mistake.
        """
        self.settings = settings
        seconds = settings.seconds_per_run
        self._run_deadline = None if seconds is None else time.monotonic() + seconds
        self._demonstrations = _read_demonstrations(settings) if demonstrations is None else demonstrations
        self._raw = {name: rule for name, rule in read_preset(settings.preset).rules.items() if rule.prompt != "chat"}
        self._prompt_settings = PromptSettings(
            system_prompt=settings.system_prompt, direct_answer=settings.direct_answer, chain_of_thought=settings.cot
        )
        if engine is not None:
            self.__dict__["engine"] = engine

    @cached_property
    def engine(self) -> Engine:
        """The engine, loaded at first use."""
        return load_engine(self.settings.engine)

    def load(self) -> None:
        """Load the engine now, where the first question shouldn't wait for it."""
        _ = self.engine

    def find_deadline(self, questions: int, given: float | None = None) -> float | None:
        """Return when answers to so many questions are due under the settings' budgets and the `given` deadline."""
        limits = [given, self._run_deadline]
        if self.settings.seconds_per_question is not None:
            limits.append(time.monotonic() + self.settings.seconds_per_question * questions)
        return min((limit for limit in limits if limit is not None), default=None)

    def answer(self, questions: Sequence[Question], deadline: float | None = None) -> Iterator[tuple[int, Prediction]]:
        """Yield (index into `questions`, prediction) for every question, each as soon as it is there.

        Questions go to the engine in groups of equal demonstrations, so that shared prefixes meet in its cache.

        Args:
            questions: any number; an empty one is answered too.
            deadline: moment of `time.monotonic()` at which what is unanswered gets the best valid answer at hand; the
                settings' time budgets may set an earlier one.
        """
        engine = self.engine
        deadline = self.find_deadline(len(questions), deadline)
        asked = [self._ask(routed) for routed in self._route(questions, deadline)]
        for index, one in enumerate(asked):
            if not one.fitted.fits:
                yield index, self._read(one, Completion("", "too-long"))
        fitting = [index for index, one in enumerate(asked) if one.fitted.fits]
        order = sorted(fitting, key=lambda index: _share_key(asked[index]))
        prompts = [self._to_prompt(asked[index]) for index in order]
        for place, completion in engine.complete(prompts, deadline):
            index = order[place]
            yield index, self._read(asked[index], completion)

    def _route(self, questions: Sequence[Question], deadline: float | None) -> list[Routed]:
        """Return all questions routed, those whose wording tells no type by the model where the settings say so."""
        routed = [route_question(question) for question in questions]
        if self.settings.router == "model":
            dialogues = {place: ask_for_type(one) for place, one in enumerate(routed) if wants_model(one)}
            room = self.engine.context_length - 1
            places = [place for place, dialogue in dialogues.items() if self.engine.count_tokens(dialogue) <= room]
            constraints = [Constraint(list_choices(routed[place]), max_tokens=1) for place in places]
            prompts = [Prompt(dialogues[place], one) for place, one in zip(places, constraints, strict=True)]
            for number, completion in self.engine.complete(prompts, deadline) if prompts else ():
                routed[places[number]] = route_as_answered(routed[places[number]], completion.text)
        return routed

    def _ask(self, routed: Routed) -> _Asked:
        rule = self._raw.get(routed.task_type)
        if rule is not None:
            return self._ask_raw(routed, rule)
        constraint = build_constraint(routed, chain_of_thought=self.settings.cot)
        fitted = fit_to_context(
            routed,
            self._demonstrations.for_question(routed),
            self._prompt_settings,
            self.engine.count_tokens,
            self.engine.context_length - constraint.max_tokens,
        )
        return _Asked(routed, fitted, constraint)

    def _ask_raw(self, routed: Routed, rule: Rule) -> _Asked:
        messages, constraint = write_raw_prompt(routed, rule), Constraint(max_tokens=rule.max_tokens)
        fits = self.engine.count_tokens(messages) <= self.engine.context_length - rule.max_tokens
        return _Asked(routed, FittedPrompt(messages, fits=fits), constraint, rule)

    def _to_prompt(self, asked: _Asked) -> Prompt:
        constraint = asked.constraint
        return Prompt(
            asked.fitted.messages,
            constraint if self.settings.constraints else Constraint(max_tokens=constraint.max_tokens),
        )

    def _read(self, asked: _Asked, completion: Completion) -> Prediction:
        raw = completion.text
        is_whole = completion.text in asked.constraint.choices
        return Prediction(
            input_field=asked.routed.question.input_field,
            task_type=str(asked.routed.task_type),
            raw=raw,
            prediction=read_raw_answer(raw, asked.routed, asked.raw) if asked.raw else repair(raw, asked.routed),
            is_sure=asked.routed.is_sure,
            # A choice fills its token budget to the last: nothing was cut.
            finish_reason="stop" if is_whole and completion.finish_reason == "length" else completion.finish_reason,
            cuts=asked.fitted.cuts,
            prompt_tokens=completion.prompt_tokens,
            cached_tokens=completion.cached_tokens,
            generated_tokens=completion.generated_tokens,
            messages=asked.fitted.messages,
            refusal=completion.refusal,
        )

    def close(self) -> None:
        """Give back what the engine holds, if it was loaded."""
        if "engine" in self.__dict__:
            self.engine.close()


def _read_demonstrations(settings: PredictorSettings) -> DemonstrationSet:
    preset = read_preset(settings.preset)
    if not preset.needs_development_set:
        return NO_DEMONSTRATIONS
    if settings.development_set is None:
        raise ShopBenchError(
            f"preset {settings.preset} takes its demonstrations from a development set; give --development-set FILE, "
            "or --preset zero-shot"
        )
    return choose_demonstrations(preset, read_development_set(settings.development_set))


def _share_key(asked: _Asked) -> tuple[str, int]:
    """Sort by type, and within it by length, so that a batch's prompts end at about the same time."""
    return str(asked.routed.task_type), sum(len(message.content) for message in asked.fitted.messages)


def collect(answers: Iterable[tuple[int, Prediction]], count: int) -> list[Prediction]:
    """Return predictions in the order of their questions."""
    found = dict(answers)
    return [found[index] for index in range(count)]
