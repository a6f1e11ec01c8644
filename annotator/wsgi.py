"""The WSGI entry that a web server loads."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 -- loads every view now: the first visitor does not wait for it

# A document of 10,000 objects makes some 100,000 containers while somebody waits. Left alone, the collector looks at
# them, and at all of Django, again and again: half of the time of such a read (benchmarks/save_and_load.py).
gc.collect()
gc.freeze()
gc.set_threshold(200_000, 20, 20)

from annotator.assist.warm import warm_later  # noqa: E402 -- after Django, so that the start does not wait for it

warm_later()
