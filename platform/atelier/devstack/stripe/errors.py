from typing import Any


class StripeError(Exception):
    """An answer in Stripe's error shape. `settled` tells whether an idempotency key remembers it, as it does what happened to money."""

    def __init__(self, status: int, kind: str, message: str, *, settled: bool = False, **details: Any) -> None:
        super().__init__(message)
        self.status, self.settled = status, settled
        self.body = {"error": {"type": kind, "message": message, **details}}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> StripeError:
    details: dict[str, Any] = {key: value for key, value in (("param", param), ("code", code)) if value}
    return StripeError(400, "invalid_request_error", message, **details)


def missing(kind: str, identifier: str) -> StripeError:
    return StripeError(404, "invalid_request_error", f"No such {kind}: '{identifier}'", code="resource_missing", param="id")
