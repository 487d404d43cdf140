import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careertrack.settings")
application = get_wsgi_application()

# A page that reads fifty thousand rows makes as many tuples, and next to no cycles: at the usual 700 the collector
# walks them again and again, and takes half the time of the last pages of /checks/. What is loaded here stays.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
