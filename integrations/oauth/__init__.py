"""OAuth on our side of the wire: our applications, consents under way, stored tokens and their renewal."""
