"""Write a `.env` with fresh keys for a demo or a developer's machine. Standard library only; never overwrites."""

import base64
import os
import secrets
from pathlib import Path

TEXT = """\
# Written by `make run` for this machine only. Every name is explained in .env.example.
DEMO=1
SECRET_KEY={secret_key}
CREDENTIALS_KEYS=k1:{credentials_key}
"""


def main() -> None:
    """Create the file, readable by its owner only."""
    text = TEXT.format(
        secret_key=secrets.token_urlsafe(48),
        credentials_key=base64.b64encode(secrets.token_bytes(32)).decode(),
    )
    path = Path(__file__).resolve().parent.parent / ".env"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    print("Wrote .env with fresh keys.")


if __name__ == "__main__":
    main()
