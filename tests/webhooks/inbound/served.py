"""What gunicorn serves in tests and benchmarks: the product, with the providers that do not exist."""

import connectors
from tests.webhooks.inbound.pretend import CALLERS

for slug, caller in CALLERS.items():
    connectors.REGISTRY[slug] = f"{caller.connector.__module__}:{caller.connector.__name__}"

from lacoste_integrations.wsgi import application  # noqa: E402

__all__ = ["application"]
