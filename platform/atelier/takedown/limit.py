"""How many notices one sender may file in an hour, counted in the cache that all web processes share."""

from hashlib import sha256

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

MOST, SECONDS = 5, 3600


def spent(request: HttpRequest) -> bool:
    """Counts this one. Behind proxies the sender is who our own proxies say it is (TRUSTED_PROXIES)."""
    sender = get_adapter(request).get_client_ip(request) or "unknown"
    key = f"takedown.{sha256(sender.encode()).hexdigest()[:32]}"
    cache.add(key, 0, SECONDS)
    try:
        return int(cache.incr(key)) > MOST
    except ValueError:  # it ended between the two
        return False
