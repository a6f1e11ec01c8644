"""The product's settings with another build of the front end, so that two builds are measured in turn."""

import os
from pathlib import Path

from annotator.settings import *  # noqa: F403

FRONTEND_DIST = Path(os.environ["CONTORNO_BENCH_BUILD"])
WHITENOISE_ROOT = FRONTEND_DIST
