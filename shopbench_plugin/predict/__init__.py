"""The pipeline from questions to answers, and from a file of questions to a file of predictions."""

from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.predict.predictor import Predictor
from shopbench_plugin.predict.settings import PredictorSettings, PredictSettings

__all__ = ["PredictSettings", "Prediction", "Predictor", "PredictorSettings"]
