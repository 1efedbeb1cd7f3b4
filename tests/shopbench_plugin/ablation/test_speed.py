"""Questions a second: what is timed, what is kept, and how sure it is."""

import pytest

from shopbench_plugin.ablation.speed import (
    BatchTimes,
    TimedEngine,
    measure_speed,
    read_times,
    split_batches,
    write_times,
)
from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.interface import Prompt
from shopbench_plugin.engines.transformers_engine import TransformersSettings


def make_prompts(count):
    return [Prompt((Message("user", f"question {number}"),), Constraint()) for number in range(count)]


def test_a_model_is_loaded_when_it_is_needed(serve):
    engine = TimedEngine(TransformersSettings(model="tuned"), serve)
    assert serve.loaded == []
    engine.count_tokens([])
    list(engine.complete(make_prompts(3)))
    assert len(serve.loaded) == 1


def test_every_prompt_is_asked_once_and_keeps_its_place(serve):
    engine = TimedEngine(TransformersSettings(model="tuned"), serve)
    prompts = make_prompts(30)
    order = [index for index, _ in engine.complete(prompts)]
    assert sorted(order) == list(range(30))
    assert serve.loaded[0][1].asked == [prompts[index] for index in order]
    assert len(engine.batch_seconds) == 2


def test_closing_closes_what_was_loaded_and_loads_nothing(serve):
    engine = TimedEngine(TransformersSettings(model="tuned"), serve)
    engine.close()
    assert serve.loaded == []
    assert engine.context_length == 4096
    engine.close()
    assert serve.loaded[0][1].is_closed


def test_the_first_batch_comes_from_everywhere_and_the_others_are_full():
    first, others = split_batches(26)
    assert first == [0, 2, 5, 7, 10, 13, 15, 18, 20, 23]
    assert others == [[1, 3, 4, 6, 8, 9, 11, 12], [14, 16, 17, 19, 21, 22, 24, 25]]


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (5, []), (8, []), (17, [8]), (96, [8] * 11)])
def test_few_questions_leave_nothing_to_time(count, sizes):
    first, others = split_batches(count)
    assert [len(batch) for batch in others] == sizes
    assert sorted([*first, *(place for batch in others for place in batch)]) == list(range(count))


def test_equal_batches_leave_no_doubt():
    speed = measure_speed(BatchTimes("run", (2.0,) * 5), 0.95)
    assert (speed.rate, speed.interval.low, speed.interval.high) == (4.0, 4.0, 4.0)


def test_uneven_batches_widen_the_interval():
    speed = measure_speed(BatchTimes("run", (1.0, 3.0) * 8), 0.95)
    assert speed.rate == 4.0
    assert (round(speed.interval.low, 2), round(speed.interval.high, 2)) == (2.83, 5.66)


def test_a_slow_rise_from_batch_to_batch_does_not_widen_the_interval():
    rising = measure_speed(BatchTimes("run", tuple(float(second) for second in range(1, 17))), 0.95)
    mixed = measure_speed(BatchTimes("run", tuple(float(1 + second * 7 % 16) for second in range(16))), 0.95)
    assert rising.rate == mixed.rate
    assert rising.interval.low > mixed.interval.low
    assert rising.interval.high < mixed.interval.high


def test_times_are_stored_next_to_the_output_of_their_run(tmp_path):
    output = tmp_path / "full.jsonl"
    assert read_times(output, "run") is None
    times = BatchTimes("run", (0.5, 0.25))
    write_times(output, times)
    assert read_times(output, "run") == times
    assert read_times(output, "another") is None


def test_torn_or_too_few_times_are_none(tmp_path):
    output = tmp_path / "full.jsonl"
    write_times(output, BatchTimes("run", (0.5,)))
    assert read_times(output, "run") is None
    (tmp_path / "full.jsonl.times.json").write_text("torn {")
    assert read_times(output, "run") is None
