"""A stand-in for Stripe's HTTP API, for `make demo`, `make serve` and `make test` only. It is never imported, only served (app.py).

It covers one-off payments: customers, products, prices, Checkout Sessions with their hosted page, PaymentIntents, charges,
refunds, events and signed webhooks. Where it knows less than Stripe it refuses by name; it does not pretend.
"""
