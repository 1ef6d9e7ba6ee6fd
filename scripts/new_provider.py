"""Start a provider: `make provider SLUG=acme LABEL="Acme CRM" CATEGORY=crm`.

Writes a small whole one, a key and a list of customers, that is connected, synchronised and under the contract from the
first minute. What it assumes of the API is marked EDIT; replace it piece by piece (docs/adding-a-provider.md).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parent.parent
SKELETON = Path(__file__).parent / "skeleton"
CATEGORIES = ("crm", "accounting", "property", "payments")
SLUG = re.compile(r"[a-z][a-z0-9]{1,19}")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> None:
    """Write the files below `root`; ends with a sentence when the slug cannot serve or is taken."""
    parser = argparse.ArgumentParser(description="Start a provider.")
    parser.add_argument("slug")
    parser.add_argument("--label", default="")
    parser.add_argument("--category", choices=CATEGORIES, default="crm")
    asked = parser.parse_args(arguments)
    if not SLUG.fullmatch(asked.slug) or asked.slug in ("base", "simulator"):
        parser.error("a slug is a lower-case letter, then letters and digits, 2 to 20 in all")
    if (root / "connectors" / asked.slug).exists():
        parser.error(f"connectors/{asked.slug} exists already")
    label = asked.label or asked.slug.capitalize()
    names = {
        "slug": asked.slug, "label": label, "category": asked.category, "initial": label[0].upper(),
        "Name": re.sub(r"\W", "", label.title()) if label.isascii() else asked.slug.capitalize(),
    }  # fmt: skip
    for written in (*_folder("connector", root / "connectors" / asked.slug, names),
                    *_folder("tests", root / "tests" / "connectors" / asked.slug, names),
                    _logo(root, names), _register(root, names)):  # fmt: skip
        print(written.relative_to(root))


def _folder(name: str, target: Path, names: Mapping[str, str]) -> list[Path]:
    """Every template of one folder, filled in."""
    written = []
    for template in sorted((SKELETON / name).rglob("*.txt")):
        path = target / template.relative_to(SKELETON / name).with_suffix("")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(template.read_text(encoding="utf-8")).substitute(names), encoding="utf-8")
        written.append(path)
    return written


def _logo(root: Path, names: Mapping[str, str]) -> Path:
    """A tile with the initial, until the provider's licence allows its own logo."""
    path = root / "static" / "logos" / f"{names['slug']}.svg"
    path.write_text(
        Template((SKELETON / "logo.svg.txt").read_text(encoding="utf-8")).substitute(names), encoding="utf-8"
    )
    return path


def _register(root: Path, names: Mapping[str, str]) -> Path:
    """The one shared line."""
    path = root / "connectors" / "__init__.py"
    before, end, after = path.read_text(encoding="utf-8").partition("\n}\n")
    line = f'    "{names["slug"]}": "connectors.{names["slug"]}.connector:{names["Name"]}",'
    path.write_text(f"{before}\n{line}{end}{after}", encoding="utf-8")
    return path


def tidy() -> None:
    """Sort imports, wrap lines (both depend on the names) and add the provider to docs/providers.md."""
    folders = ["connectors", "tests/connectors"]
    for command in (["ruff", "check", "-q", "--fix", *folders], ["ruff", "format", "-q", *folders]):
        subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True)  # noqa: S603 - our own words
    subprocess.run([sys.executable, "scripts/providers.py"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
    tidy()
