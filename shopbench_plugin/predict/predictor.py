"""From questions to answers through one engine: route, demonstrate, constrain, generate, repair."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.core.vocabulary import Question, Routed, TaskType
from shopbench_plugin.demonstrations.choice import NO_DEMONSTRATIONS, DemonstrationSet, choose_demonstrations
from shopbench_plugin.demonstrations.preset_files import read_preset
from shopbench_plugin.engines.interface import Completion, Engine, Prompt, StreamingEngine
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.formats.questions import read_development_set
from shopbench_plugin.postprocess import repair
from shopbench_plugin.predict.completeness import is_complete
from shopbench_plugin.predict.dialogue import Dialogue, Prepared, Watch
from shopbench_plugin.predict.label_calibration import LabelLogprobs, choose_label, score_labels, write_without_content
from shopbench_plugin.predict.preparation import Preparation
from shopbench_plugin.predict.settings import PredictorSettings
from shopbench_plugin.prompting.messages import PromptSettings
from shopbench_plugin.prompting.raw import read_raw_answer
from shopbench_plugin.routing import route_question
from shopbench_plugin.routing.by_model import ask_for_type, list_choices, route_as_answered, wants_model


class Predictor:
    """Answers shopping questions with one model, which is loaded at the first question."""

    def __init__(
        self,
        settings: PredictorSettings,
        engine: Engine | None = None,
        demonstrations: DemonstrationSet | None = None,
    ) -> None:
        """Read the preset and the development set, so that their errors are found before a model is loaded.

        Args:
            settings: model, engine, preset and the rest.
            engine: used instead of the engine that the settings describe.
            demonstrations: used instead of those of the settings' preset.

        Raises:
            ShopBenchError: the preset or the development set has an error.
        """
        self.settings = settings
        seconds = settings.seconds_per_run
        self._run_deadline = None if seconds is None else time.monotonic() + seconds
        self._preparation = Preparation(
            PromptSettings(
                system_prompt=settings.system_prompt,
                direct_answer=settings.direct_answer,
                chain_of_thought=settings.cot,
            ),
            _read_demonstrations(settings) if demonstrations is None else demonstrations,
            {name: rule for name, rule in read_preset(settings.preset).rules.items() if rule.prompt != "chat"},
        )
        if engine is not None:
            self.__dict__["engine"] = engine

    @cached_property
    def engine(self) -> Engine:
        """The engine, loaded at first use."""
        return load_engine(self.settings.engine)

    def load(self) -> None:
        """Load the engine now, so that the first question doesn't wait for it."""
        _ = self.engine

    def find_deadline(self, questions: int, given: float | None = None) -> float | None:
        """Return the deadline for this many questions under the settings' budgets and the `given` deadline."""
        limits = [given, self._run_deadline]
        if self.settings.seconds_per_question is not None:
            limits.append(time.monotonic() + self.settings.seconds_per_question * questions)
        return min((limit for limit in limits if limit is not None), default=None)

    def answer(self, questions: Sequence[Question], deadline: float | None = None) -> Iterator[tuple[int, Prediction]]:
        """Yield (index into `questions`, prediction) for every question, each as soon as it is ready.

        Questions with the same demonstrations are passed to the engine together, so that its cache is shared.

        Args:
            questions: any number; an empty one is answered too.
            deadline: time on `time.monotonic()` at which unanswered questions get a valid fallback answer; the
                settings' time budgets may set an earlier one.
        """
        yield from self.answer_dialogues([Dialogue(question) for question in questions], deadline)

    def answer_dialogues(
        self, dialogues: Sequence[Dialogue], deadline: float | None = None, watch: Watch | None = None
    ) -> Iterator[tuple[int, Prediction]]:
        """Yield (index into `dialogues`, prediction) for each, like `answer`.

        Args:
            dialogues: any number.
            deadline: as for `answer`.
            watch: called with the prepared form of each dialogue that is passed to the engine and, if the engine can
                stream, the text generated so far.
        """
        engine = self.engine
        deadline = self.find_deadline(len(dialogues), deadline)
        routed = self._route([dialogue.question for dialogue in dialogues], deadline)
        prepared = [
            self._preparation.prepare(dialogue, one, engine) for dialogue, one in zip(dialogues, routed, strict=True)
        ]
        for index, one in enumerate(prepared):
            if one.refusal:
                yield index, self._read(one, Completion("", "refused", refusal=one.refusal))
            elif not one.fitted.fits:
                yield index, self._read(one, Completion("", "too-long"))
        fitting = [index for index, one in enumerate(prepared) if one.fitted.fits and not one.refusal]
        order = sorted(fitting, key=lambda index: self._share_key(prepared[index]))
        if watch is not None:
            for index in order:
                watch(index, prepared[index])
        scored = [index for index in order if self._scores_labels(prepared[index])]
        written = [index for index in order if not self._scores_labels(prepared[index])]
        for index, completion, others in self._score(scored, prepared, deadline):
            yield index, self._read(prepared[index], completion, others)
        for index, completion in self._complete(written, prepared, deadline, watch):
            yield index, self._read(prepared[index], completion)

    def _complete(
        self, order: Sequence[int], prepared: Sequence[Prepared], deadline: float | None, watch: Watch | None
    ) -> Iterator[tuple[int, Completion]]:
        """Generate the answers to these dialogues with the engine."""
        engine = self.engine
        prompts = [self._to_prompt(prepared[index]) for index in order]
        if watch is not None and isinstance(engine, StreamingEngine):
            told = watch
            answers = engine.complete_streamed(prompts, deadline, lambda place, text: told(order[place], text))
        else:
            answers = engine.complete(prompts, deadline)
        yield from ((order[place], completion) for place, completion in answers)

    def _scores_labels(self, prepared: Prepared) -> bool:
        """Return whether the answer is chosen from labels by their calibrated log-probabilities."""
        return self.settings.label_calibration is not None and bool(
            prepared.routed.task_type is TaskType.MULTIPLE_CHOICE and prepared.constraint.choices
        )

    def _score(
        self, order: Sequence[int], prepared: Sequence[Prepared], deadline: float | None
    ) -> Iterator[tuple[int, Completion, list[LabelLogprobs]]]:
        """Score the labels with the engine, for these dialogues and for the same without their content."""
        prompts = [self._to_prompt(prepared[index]) for index in order]
        others = [self._drop_content(prepared[index]) for index in order]
        for place, completion, known in score_labels(self.engine, prompts, others, deadline):
            yield order[place], completion, known

    def _drop_content(self, prepared: Prepared) -> list[Prompt]:
        """Return the prompts of contextual calibration, after the demonstrations of the question itself."""
        if self.settings.label_calibration != "contextual":
            return []
        dialogue, routed = prepared.dialogue, prepared.routed
        shown = DemonstrationSet({routed.task_type: self._preparation.demonstrations.for_question(routed)})
        prepare = replace(self._preparation, demonstrations=shown).prepare
        written = write_without_content(routed)
        empty = [prepare(replace(dialogue, question=one.question), one, self.engine) for one in written]
        return [self._to_prompt(one) for one in empty if one.fitted.fits and not one.refusal]

    def _route(self, questions: Sequence[Question], deadline: float | None) -> list[Routed]:
        """Return all questions routed; with router "model", the model chooses if the wording shows no type."""
        routed = [route_question(question) for question in questions]
        if self.settings.router == "model":
            dialogues = {place: ask_for_type(one) for place, one in enumerate(routed) if wants_model(one)}
            room = self.engine.context_length - 1
            places = [place for place, dialogue in dialogues.items() if self.engine.count_tokens(dialogue) <= room]
            constraints = [Constraint(list_choices(routed[place]), max_tokens=1) for place in places]
            adapter = self.settings.engine.choose_adapter()
            prompts = [Prompt(dialogues[place], one, adapter) for place, one in zip(places, constraints, strict=True)]
            for number, completion in self.engine.complete(prompts, deadline) if prompts else ():
                routed[places[number]] = route_as_answered(routed[places[number]], completion.text)
        return routed

    def _to_prompt(self, prepared: Prepared) -> Prompt:
        constraint = prepared.constraint
        return Prompt(
            prepared.fitted.messages,
            constraint
            if self.settings.constraints or self._scores_labels(prepared)
            else Constraint(max_tokens=constraint.max_tokens),
            self._choose_adapter(prepared.routed),
        )

    def _choose_adapter(self, routed: Routed) -> str | None:
        return self.settings.engine.choose_adapter(routed.question.track, routed.task_type)

    def _share_key(self, prepared: Prepared) -> tuple[str, str, int]:
        """Sort by adapter and type, then by length, so that a batch's prompts end at about the same time."""
        length = sum(len(message.content) for message in prepared.fitted.messages)
        return self._choose_adapter(prepared.routed) or "", str(prepared.routed.task_type), length

    def _read(self, prepared: Prepared, completion: Completion, others: Sequence[LabelLogprobs] = ()) -> Prediction:
        dialogue, routed = prepared.dialogue, prepared.routed
        raw = dialogue.cut_at_stop(completion.text)
        # A choice or a list uses its whole token budget: nothing was cut.
        is_whole = raw != completion.text or (completion.finish_reason == "length" and is_complete(raw, routed))
        rule = prepared.raw
        answer = read_raw_answer(raw, routed, rule) if rule is not None else repair(raw, routed)
        labels = prepared.constraint.choices
        logprobs = dict(zip(labels, completion.label_logprobs, strict=False))
        if others and logprobs:
            answer = choose_label(logprobs, [dict(zip(labels, one, strict=True)) for one in others])
        return Prediction(
            routed.question,
            dialogue.cut_at_stop(answer),
            raw,
            task_type=str(routed.task_type),
            is_sure=routed.is_sure,
            finish_reason="stop" if is_whole else completion.finish_reason,
            cuts=prepared.fitted.cuts,
            prompt_tokens=completion.prompt_tokens,
            cached_tokens=completion.cached_tokens,
            generated_tokens=completion.generated_tokens,
            messages=prepared.fitted.messages,
            refusal=completion.refusal,
            label_logprobs=logprobs,
        )

    def close(self) -> None:
        """Close the engine, if it was loaded."""
        if "engine" in self.__dict__:
            self.engine.close()


def _read_demonstrations(settings: PredictorSettings) -> DemonstrationSet:
    preset = read_preset(settings.preset)
    if not preset.needs_development_set:
        return NO_DEMONSTRATIONS
    if settings.development_set is None:
        raise ShopBenchError(
            f"preset {settings.preset} uses demonstrations from a development set; pass --development-set FILE, "
            "or --preset zero-shot"
        )
    return choose_demonstrations(preset, read_development_set(settings.development_set))


def collect(answers: Iterable[tuple[int, Prediction]], count: int) -> list[Prediction]:
    """Return predictions in the order of their questions."""
    found = dict(answers)
    return [found[index] for index in range(count)]
