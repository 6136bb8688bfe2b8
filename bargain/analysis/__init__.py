"""`bargain.analysis` in a checkout: the folder analysis/ of the repository, which a wheel holds in this place."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis import *  # noqa: F403 - what mypy finds instead of what is done below
else:
    _spec = spec_from_file_location(__name__, Path(__file__).resolve().parents[2] / "analysis" / "__init__.py")
    sys.modules[__name__] = module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[__name__])
