"""Settings of a test process: those of the product, on a data folder of its own that goes when the process ends."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_data_dir = tempfile.mkdtemp(prefix="contorno-tests-")
atexit.register(shutil.rmtree, _data_dir, ignore_errors=True)
os.environ["CONTORNO_DATA_DIR"] = _data_dir
os.environ.pop("REDIS_URL", None)  # tests that want Redis start processes of their own with it

from annotator.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow on purpose
