"""The servers of `make demo`, `make serve` and `make test`, on loopback, from wheels. No application imports this, and it imports none."""
