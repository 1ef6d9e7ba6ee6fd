"""The address of one integration."""

from webhooks.inbound import keys


def test_a_key_is_long_random_and_fit_for_an_address():
    made = {keys.new_key() for _ in range(50)}
    assert len(made) == 50
    assert all(len(key) == keys.KEY_LENGTH and key.replace("-", "a").replace("_", "a").isalnum() for key in made)


def test_a_key_is_found_after_our_own_secret_was_replaced(settings):
    stored = keys.key_hash("clé")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret of ours"
    assert keys.key_hash("clé") != stored
    assert keys.possible_hashes("clé") == [keys.key_hash("clé"), stored]


def test_the_address_comes_from_the_settings(settings):
    settings.SITE_URL = "https://console.example.ca"
    assert keys.address("stripe") == "https://console.example.ca/webhook/stripe"
    assert keys.address("stripe", "k") == "https://console.example.ca/webhook/stripe/k"
