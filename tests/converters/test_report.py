import json

from converters.convert import convert
from converters.settings import ConversionSettings


def test_every_task_tells_the_rows_read_rejected_dropped_sampled_and_written(tmp_path, record):
    reviews = [record("Sentiment_Analysis", input=f"Review {number}.") for number in range(6)]
    dropped = [reviews[0], record("Sentiment_Analysis", split="test"), record("Sentiment_Analysis", setting="mine")]
    records = [*reviews, *dropped, record("Sentiment_Analysis", output="F"), record("Product_Matching")]
    source = tmp_path / "s.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in records), encoding="utf-8")
    settings = ConversionSettings(
        (str(source),),
        sample=4,
        splits=("train",),
        settings=("IND_Diverse_Instruction",),
        remove_repeats=True,
    )
    convert(settings, tmp_path, "set")
    report = json.loads((tmp_path / "set.report.json").read_bytes())
    counts = [report["tasks"][task] for task in ("Sentiment_Analysis", "Product_Matching")]

    assert [[row[name] for row in (*counts, report["rows"])] for name in ("read", "rejected", "dropped")] == [
        [10, 1, 11],
        [1, 0, 1],
        [3, 1, 4],
    ]
    assert [[row[name] for row in (*counts, report["rows"])] for name in ("not sampled", "sampled", "written")] == [
        [2, 0, 2],
        [4, 0, 4],
        [8, 0, 8],
    ]
