"""Whole objects, with what a new one holds before anything is said of it."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]


def customer(**own: Any) -> Body:
    """A customer."""
    return {
        "address": None, "balance": 0, "currency": None, "default_source": None, "delinquent": False,
        "description": None, "discount": None, "email": None, "invoice_prefix": "",
        "invoice_settings": {
            "custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None,
        },
        "livemode": False, "metadata": {}, "name": None, "next_invoice_sequence": 1, "phone": None,
        "preferred_locales": [], "shipping": None, "tax_exempt": "none", "test_clock": None, **own,
    }  # fmt: skip


def invoice(**own: Any) -> Body:
    """A draft; its lines are kept with it."""
    return {
        "account_country": "CA", "account_name": None, "account_tax_ids": None, "amount_due": 0, "amount_paid": 0,
        "amount_remaining": 0, "amount_shipping": 0, "application": None, "application_fee_amount": None,
        "attempt_count": 0, "attempted": False, "auto_advance": False,
        "automatic_tax": {"enabled": False, "status": None}, "billing_reason": "manual", "charge": None,
        "collection_method": "charge_automatically", "currency": "cad", "custom_fields": None, "customer": None,
        "customer_address": None, "customer_email": None, "customer_name": None, "customer_phone": None,
        "customer_shipping": None, "customer_tax_exempt": "none", "customer_tax_ids": [],
        "default_payment_method": None, "default_source": None, "default_tax_rates": [], "description": None,
        "discount": None, "discounts": [], "due_date": None, "effective_at": None, "ending_balance": None,
        "footer": None, "from_invoice": None, "hosted_invoice_url": None, "invoice_pdf": None,
        "last_finalization_error": None, "latest_revision": None,
        "lines": {"object": "list", "data": [], "has_more": False, "total_count": 0, "url": ""},
        "livemode": False, "metadata": {}, "next_payment_attempt": None, "number": None, "on_behalf_of": None,
        "paid": False, "paid_out_of_band": False, "payment_intent": None,
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": 0, "period_start": 0, "post_payment_credit_notes_amount": 0, "pre_payment_credit_notes_amount": 0,
        "quote": None, "receipt_number": None, "rendering_options": None, "shipping_cost": None,
        "shipping_details": None, "starting_balance": 0, "statement_descriptor": None, "status": "draft",
        "status_transitions": {
            "finalized_at": None, "marked_uncollectible_at": None, "paid_at": None, "voided_at": None,
        },
        "subscription": None, "subtotal": 0, "subtotal_excluding_tax": 0, "tax": None, "test_clock": None, "total": 0,
        "total_discount_amounts": [], "total_excluding_tax": 0, "total_tax_amounts": [], "transfer_data": None,
        "webhooks_delivered_at": None, **own,
    }  # fmt: skip


def invoiceitem(**own: Any) -> Body:
    """An item, pending or of an invoice."""
    return {
        "amount": 0, "currency": "cad", "customer": None, "date": 0, "description": None, "discountable": True,
        "discounts": [], "invoice": None, "livemode": False, "metadata": {}, "period": {"end": 0, "start": 0},
        "price": None, "proration": False, "quantity": 1, "subscription": None, "tax_rates": [], "test_clock": None,
        "unit_amount": None, "unit_amount_decimal": None, **own,
    }  # fmt: skip


def line(item: Body, line_id: str) -> Body:
    """An item as a line of its invoice."""
    return {
        "id": line_id, "object": "line_item", "amount": item["amount"], "amount_excluding_tax": item["amount"],
        "currency": item["currency"], "description": item["description"], "discount_amounts": [], "discountable": True,
        "discounts": [], "invoice_item": item["id"], "livemode": False, "metadata": item["metadata"],
        "period": item["period"], "price": item["price"], "proration": False,
        "proration_details": {"credited_items": None}, "quantity": item["quantity"], "subscription": None,
        "tax_amounts": [], "tax_rates": [], "type": "invoiceitem",
        "unit_amount_excluding_tax": item["unit_amount_decimal"],
    }  # fmt: skip


def payment_intent(**own: Any) -> Body:
    """A payment that nobody has tried yet."""
    return {
        "amount": 0, "amount_capturable": 0, "amount_details": {"tip": {}}, "amount_received": 0, "application": None,
        "application_fee_amount": None, "automatic_payment_methods": None, "canceled_at": None,
        "cancellation_reason": None, "capture_method": "automatic", "client_secret": None,
        "confirmation_method": "automatic", "currency": "cad", "customer": None, "description": None, "invoice": None,
        "last_payment_error": None, "latest_charge": None, "livemode": False, "metadata": {}, "next_action": None,
        "on_behalf_of": None, "payment_method": None, "payment_method_options": {}, "payment_method_types": ["card"],
        "processing": None, "receipt_email": None, "review": None, "setup_future_usage": None, "shipping": None,
        "statement_descriptor": None, "statement_descriptor_suffix": None, "status": "requires_payment_method",
        "transfer_data": None, "transfer_group": None, **own,
    }  # fmt: skip


def charge(**own: Any) -> Body:
    """A try to take the money."""
    return {
        "amount": 0, "amount_captured": 0, "amount_refunded": 0, "application": None, "application_fee": None,
        "application_fee_amount": None, "balance_transaction": None,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "calculated_statement_descriptor": "LACOSTE", "captured": True, "currency": "cad", "customer": None,
        "description": None, "disputed": False, "failure_balance_transaction": None, "failure_code": None,
        "failure_message": None, "fraud_details": {}, "invoice": None, "livemode": False, "metadata": {},
        "on_behalf_of": None, "outcome": None, "paid": True, "payment_intent": None, "payment_method": None,
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}}, "receipt_email": None,
        "receipt_number": None, "receipt_url": None, "refunded": False, "review": None, "shipping": None,
        "source_transfer": None, "statement_descriptor": None, "statement_descriptor_suffix": None,
        "status": "succeeded", "transfer_data": None, "transfer_group": None, **own,
    }  # fmt: skip


def refund(**own: Any) -> Body:
    """Money given back."""
    return {
        "amount": 0, "balance_transaction": None, "charge": None, "currency": "cad", "metadata": {},
        "payment_intent": None, "reason": None, "receipt_number": None, "source_transfer_reversal": None,
        "status": "succeeded", "transfer_reversal": None, **own,
    }  # fmt: skip


def payment_link(**own: Any) -> Body:
    """A page on which anyone with its address can pay."""
    off = {"enabled": False}
    return {
        "active": True, "after_completion": {"hosted_confirmation": {"custom_message": None},
                                             "type": "hosted_confirmation"},
        "allow_promotion_codes": False, "application": None, "application_fee_amount": None,
        "application_fee_percent": None, "automatic_tax": off, "billing_address_collection": "auto",
        "consent_collection": None, "currency": "cad", "custom_fields": [],
        "custom_text": {"shipping_address": None, "submit": None}, "customer_creation": "if_required",
        "invoice_creation": None, "livemode": False, "metadata": {}, "on_behalf_of": None,
        "payment_intent_data": None, "payment_method_collection": "always", "payment_method_types": None,
        "phone_number_collection": off, "shipping_address_collection": None, "shipping_options": [],
        "submit_type": "auto", "subscription_data": None, "tax_id_collection": off, "transfer_data": None, "url": "",
        **own,
    }  # fmt: skip


def price(**own: Any) -> Body:
    """A price of a product."""
    return {
        "active": True, "billing_scheme": "per_unit", "currency": "cad", "custom_unit_amount": None, "livemode": False,
        "lookup_key": None, "metadata": {}, "nickname": None, "product": "", "recurring": None,
        "tax_behavior": "unspecified", "tiers_mode": None, "transform_quantity": None, "type": "one_time",
        "unit_amount": None, "unit_amount_decimal": None, **own,
    }  # fmt: skip


def product(**own: Any) -> Body:
    """What a price is for."""
    return {
        "active": True, "default_price": None, "description": None, "features": [], "images": [], "livemode": False,
        "metadata": {}, "name": "", "package_dimensions": None, "shippable": None, "statement_descriptor": None,
        "tax_code": None, "unit_label": None, "updated": 0, "url": None, **own,
    }  # fmt: skip


def session(**own: Any) -> Body:
    """A visit to a payment link."""
    return {
        "after_expiration": None, "allow_promotion_codes": None, "amount_subtotal": 0, "amount_total": 0,
        "automatic_tax": {"enabled": False, "status": None}, "billing_address_collection": None, "cancel_url": None,
        "client_reference_id": None, "consent": None, "consent_collection": None, "currency": "cad",
        "currency_conversion": None, "custom_fields": [], "custom_text": {"shipping_address": None, "submit": None},
        "customer": None, "customer_creation": "if_required", "customer_details": None, "customer_email": None,
        "expires_at": 0, "invoice": None, "invoice_creation": None, "livemode": False, "locale": "auto",
        "metadata": {}, "mode": "payment", "payment_intent": None, "payment_link": None,
        "payment_method_collection": "always", "payment_method_options": {}, "payment_method_types": ["card"],
        "payment_status": "paid", "phone_number_collection": {"enabled": False}, "recovered_from": None,
        "setup_intent": None, "shipping_address_collection": None, "shipping_cost": None, "shipping_details": None,
        "shipping_options": [], "status": "complete", "submit_type": "auto", "subscription": None,
        "success_url": "https://stripe.com", "total_details": None, "url": None, **own,
    }  # fmt: skip
