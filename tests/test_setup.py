"""The test set-up itself: what the other tests rely on."""

from django.conf import settings


def test_the_tests_never_touch_the_developers_data() -> None:
    assert settings.DATA_DIR.name.startswith("lacoste-tests-")
    assert settings.DEBUG is False
