"""`shopbench evaluate` and `shopbench compare`: the scores of predictions files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopbench_plugin.cli.tables import print_tables
from shopbench_plugin.core.embedding_models import ENGLISH_MODEL, MULTILINGUAL_MODEL
from shopbench_plugin.core.evaluators import DEFAULT_EVALUATOR, EVALUATORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shopbench_plugin.scoring import Evaluation

Reference = Annotated[Path, typer.Option(help="Development set with the same questions in the same order.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the scores to this JSON file.")]
ReportFile = Annotated[Path | None, typer.Option("--report", help="Write a self-contained HTML report to this file.")]
TrainingFolder = Annotated[
    list[Path] | None,
    typer.Option("--training", help="For the report: output_dir of a model's training, one per --predictions."),
]
Partial = Annotated[bool, typer.Option("--partial", help="Score the questions that match, and report the rest.")]
EnglishModel = Annotated[
    str, typer.Option(help="Hub ID or folder of the model for sent-transformer; a package provides the default.")
]
MultilingualModel = Annotated[
    str, typer.Option(help="Hub ID or folder of the model for multilingual-sent-transformer.")
]
Resamples = Annotated[int, typer.Option(min=0, help="Bootstrap samples per interval; 0 for no intervals.")]
Evaluator = Annotated[str, typer.Option(help=f"Parsers and metrics to use: {', '.join(EVALUATORS.list_names())}.")]
Seed = Annotated[int, typer.Option(min=0, help="Random seed of the resampling.")]


def evaluate(
    predictions: Annotated[
        Path | None, typer.Option(help="Output of `shopbench predict`: one JSON row per question.")
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Development set with the same questions in the same order.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Predict recipe whose output is scored against its input."),
    ] = None,
    json: JsonFile = None,
    report: ReportFile = None,
    training: TrainingFolder = None,
    partial: Partial = False,
    english_model: EnglishModel = ENGLISH_MODEL,
    multilingual_model: MultilingualModel = MULTILINGUAL_MODEL,
    resamples: Resamples = 2_000,
    seed: Seed = 0,
    evaluator: Evaluator = DEFAULT_EVALUATOR,
) -> None:
    """Score predictions as the competition's evaluator or Shopping MMLU's does."""
    from shopbench_plugin.core.settings import merge
    from shopbench_plugin.predict.settings import read_run_files
    from shopbench_plugin.scoring import ScoringSettings, evaluate_files, to_json
    from shopbench_plugin.scoring.provenance import check_recipe
    from shopbench_plugin.scoring.score_tables import make_score_table
    from shopbench_plugin.scoring.unusable import list_notes
    from shopbench_plugin.storage.files import RUN_NOTE, name_beside, write_json_file
    from shopbench_plugin.storage.paths import check_places

    if config is not None:
        recipe = read_run_files(merge(config))
        if predictions is None and recipe.output is not None:
            check_recipe(recipe.output, config)
        predictions, reference = predictions or recipe.output, reference or recipe.input
    if predictions is None or reference is None:
        raise typer.BadParameter("pass --predictions and --reference, or a predict recipe with --config")
    check_places([predictions, reference, config, name_beside(predictions, RUN_NOTE)], [json, report])
    settings = ScoringSettings(english_model, multilingual_model, resamples=resamples, seed=seed, evaluator=evaluator)
    evaluation = evaluate_files(predictions, reference, settings, partial=partial)
    if json is not None:
        write_json_file(json, to_json(evaluation))
    if report is not None:
        _write_report(report, {predictions.stem: evaluation}, [predictions], reference, training)
    print_tables(make_score_table({predictions.stem: evaluation}), notes=list_notes({"": evaluation}))


def compare(
    predictions: Annotated[
        list[Path], typer.Option(help="Predictions for the same questions; repeat the option, baseline first.")
    ],
    reference: Reference,
    json: JsonFile = None,
    report: ReportFile = None,
    training: TrainingFolder = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Compare the questions that all files answer, and report the rest.")
    ] = False,
    english_model: EnglishModel = ENGLISH_MODEL,
    multilingual_model: MultilingualModel = MULTILINGUAL_MODEL,
    resamples: Annotated[int, typer.Option(min=100, help="Resamples per interval and verdict.")] = 2_000,
    seed: Seed = 0,
    evaluator: Evaluator = DEFAULT_EVALUATOR,
    overview: Annotated[
        bool,
        typer.Option("--overview", help="Print the scores side by side, with those of the best constant answers."),
    ] = False,
    published: Annotated[
        bool, typer.Option("--published", help="Print published scores of the same tracks, with their conditions.")
    ] = False,
) -> None:
    """Compare models on the same questions: paired differences, and a verdict if they allow one."""
    from shopbench_plugin.scoring import ScoringSettings, compare_files
    from shopbench_plugin.scoring.baselines import evaluate_constant_answers
    from shopbench_plugin.scoring.export import comparison_to_json
    from shopbench_plugin.scoring.published import read_published
    from shopbench_plugin.scoring.score_tables import make_comparison_table, make_overview_table, make_published_table
    from shopbench_plugin.scoring.unusable import list_notes
    from shopbench_plugin.storage.files import RUN_NOTE, name_beside, write_json_file
    from shopbench_plugin.storage.paths import check_places

    notes_of_runs = [name_beside(path, RUN_NOTE) for path in predictions]
    check_places([*predictions, *notes_of_runs, reference], [json, report])
    settings = ScoringSettings(english_model, multilingual_model, resamples=resamples, seed=seed, evaluator=evaluator)
    evaluations, comparisons = compare_files(predictions, reference, settings, partial=partial)
    if json is not None:
        write_json_file(json, comparison_to_json(evaluations, comparisons))
    if report is not None:
        _write_report(report, evaluations, predictions, reference, training)
    tables = [make_comparison_table(comparison) for comparison in comparisons]
    if overview:
        constant = evaluate_constant_answers(next(iter(evaluations.values())))
        tables = [make_overview_table(evaluations | {"best constant": constant})]
    if published:
        tables.append(make_published_table(evaluations, read_published(evaluator)))
    print_tables(*tables, notes=list_notes(evaluations))


def _write_report(
    path: Path,
    evaluations: "Mapping[str, Evaluation]",
    predictions: list[Path],
    reference: Path,
    training: list[Path] | None,
) -> None:
    """Write the report, including the best constant answers and comparisons of all pairs of runs."""
    from itertools import combinations

    from shopbench_plugin.scoring import compare as compare_evaluations
    from shopbench_plugin.scoring.baselines import evaluate_constant_answers
    from shopbench_plugin.scoring.provenance import describe_command, describe_file, describe_run
    from shopbench_plugin.scoring.published import read_published
    from shopbench_plugin.scoring.report import Report, Run, render_report
    from shopbench_plugin.scoring.report.training import read_curves
    from shopbench_plugin.storage.files import write_atomically

    if training and len(training) != len(predictions):
        raise typer.BadParameter("pass --training once per --predictions, in the same order, or not at all")
    curves = [read_curves(folder) for folder in training] if training else [None] * len(predictions)
    runs = []
    for (name, evaluation), file, curve in zip(evaluations.items(), predictions, curves, strict=True):
        files = {"predictions": describe_file(file), "reference": describe_file(reference)}
        runs.append(Run(name, evaluation, files | describe_run(file), curve))
    first = runs[0].evaluation
    content = Report(
        runs,
        comparisons=[
            compare_evaluations(one.evaluation, other.evaluation, (one.name, other.name))
            for one, other in combinations(runs, 2)
        ],
        constant=evaluate_constant_answers(first),
        published=read_published(first.settings.evaluator),
        made=describe_command(),
    )
    page = render_report(content)
    with write_atomically(path) as stream:
        stream.write(page.encode())
