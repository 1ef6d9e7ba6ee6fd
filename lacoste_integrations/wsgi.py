"""WSGI entry point for gunicorn. Refuses to serve with weak keys, or without a key that stored secrets still need."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lacoste_integrations.settings")

application = get_wsgi_application()

from django.db import connections  # noqa: E402  (needs the settings)

from integrations.core.checks import refuse_unsafe_start  # noqa: E402

refuse_unsafe_start()
# gunicorn may fork after this: no child may inherit an open connection.
connections.close_all()
