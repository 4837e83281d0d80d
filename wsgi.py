"""Entry for any WSGI server: `gunicorn wsgi:app` with the settings in the environment."""

import os

from app import create_app
from app.settings import Settings

app = create_app(Settings.from_environment(os.environ))
