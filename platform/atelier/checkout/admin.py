"""Orders and what the payment provider said of them, for staff to read: where a mismatch or a difference is looked into."""

from django.contrib import admin

from atelier.catalog.admin import ReadOnly

from .models import Order, PaymentEvent, Reconciliation, Refund


@admin.register(Order)
class OrderAdmin(ReadOnly):
    list_display = ("public_id", "state", "dispute", "amount", "currency", "refunded", "problem", "created_at")
    list_filter = ("state", "dispute")


@admin.register(PaymentEvent)
class PaymentEventAdmin(ReadOnly):
    list_display = ("event", "type", "at", "order", "folding")
    list_filter = ("type",)


@admin.register(Refund)
class RefundAdmin(ReadOnly):
    list_display = ("public_id", "order", "amount", "state", "problem")
    list_filter = ("state",)


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnly):
    list_display = ("created_at", "since", "until", "events", "fed", "differences")
