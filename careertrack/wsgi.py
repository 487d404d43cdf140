import gc
import os

# Next to nothing of what is loaded here is ever thrown away: looking for cycles in it was a fourth of the start.
gc.disable()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import get_resolver  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careertrack.settings")
application = get_wsgi_application()
# Every view, too, or the first who asks would wait for them.
assert get_resolver().url_patterns  # noqa: S101

# A page that reads fifty thousand rows makes as many tuples, and next to no cycles: at the usual 700 the collector
# walks them again and again, and takes half the time of the last pages of /checks/. What is loaded here stays.
gc.freeze()
gc.set_threshold(50_000, 20, 20)
gc.enable()
