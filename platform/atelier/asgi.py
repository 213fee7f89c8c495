"""The web process."""

import os

from django.core.asgi import get_asgi_application

from atelier.kit import traces

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atelier.settings")
application = get_asgi_application()
traces.begin("web")
