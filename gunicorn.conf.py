"""What gunicorn reads by itself when it starts beside manage.py; options on its command line win.

Which addresses and how many processes is the operator's choice: --bind, --workers.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from careertrack.logs import logging_of

workers = 2
threads = 4
# Opens a socket in the home folder, which another server or a read-only home refuses.
control_socket_disable = True
# JSON lines without addresses and headers, as from Django.
logconfig_dict = logging_of(os.environ.get("LOG_LEVEL", "info").upper())
