"""What the studio's room has done on queue io."""

from .bases_samples import check
from .invitations import tell_invited

__all__ = ["check", "tell_invited"]
