"""How hypothesis runs here: no deadline, for a busy machine is no defect."""

from hypothesis import settings

settings.register_profile("shopbench", deadline=None)
settings.load_profile("shopbench")
