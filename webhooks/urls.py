"""The pages about webhooks. No final slash."""

from django.urls import path

from webhooks.views import catalogue, deliveries, endpoints, integration, received, replay

app_name = "webhooks"

urlpatterns = [
    path("integrations/<uuid:pk>/webhooks", integration.detail, name="integration"),
    path("integrations/<uuid:pk>/webhooks/switch", integration.switch, name="integration_switch"),
    path("integrations/<uuid:pk>/webhooks/secret", integration.secret, name="integration_secret"),
    path("integrations/<uuid:pk>/webhooks/renew", integration.renew, name="integration_renew"),
    path("integrations/<uuid:pk>/webhooks/old-secret", integration.end_old_secret, name="integration_old_secret"),
    path("integrations/<uuid:pk>/webhooks/check", integration.check, name="integration_check"),
    path("webhooks", endpoints.listing, name="endpoints"),
    path("webhooks/add", endpoints.add, name="add"),
    path("webhooks/events", catalogue.listing, name="events"),
    path("webhooks/deliveries", deliveries.listing, name="deliveries"),
    path("webhooks/deliveries/retry", deliveries.retry_many, name="retry_many"),
    path("webhooks/deliveries/<int:pk>", deliveries.detail, name="delivery"),
    path("webhooks/deliveries/<int:pk>/retry", deliveries.retry, name="retry"),
    path("webhooks/received", received.listing, name="received"),
    path("webhooks/received/replay", received.replay_many, name="replay_received"),
    path("webhooks/received/refused", received.refused, name="refused"),
    path("webhooks/received/<uuid:pk>", received.detail, name="received_event"),
    path("webhooks/received/<uuid:pk>/replay", received.replay, name="replay_event"),
    path("webhooks/<uuid:pk>", endpoints.detail, name="endpoint"),
    path("webhooks/<uuid:pk>/edit", endpoints.edit, name="edit"),
    path("webhooks/<uuid:pk>/test", endpoints.test, name="test"),
    path("webhooks/<uuid:pk>/enable", endpoints.enable, name="enable"),
    path("webhooks/<uuid:pk>/disable", endpoints.disable, name="disable"),
    path("webhooks/<uuid:pk>/rotate", endpoints.rotate, name="rotate"),
    path("webhooks/<uuid:pk>/old-secret", endpoints.remove_old_secret, name="remove_old_secret"),
    path("webhooks/<uuid:pk>/delete", endpoints.delete, name="delete"),
    path("webhooks/<uuid:pk>/replay", replay.replay, name="replay"),
]
