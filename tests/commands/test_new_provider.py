"""A new provider starts as files that are whole."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from scripts.new_provider import ROOT, main


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What the command writes into."""
    (tmp_path / "connectors").mkdir()
    (tmp_path / "static" / "logos").mkdir(parents=True)
    shutil.copy(ROOT / "connectors" / "__init__.py", tmp_path / "connectors")
    return tmp_path


def test_the_files_of_a_new_provider_are_whole_and_it_is_registered(tree: Path) -> None:
    main(["acme", "--label", "Acme CRM", "--category", "crm"], tree)
    written = [path for path in tree.rglob("*") if path.is_file()]
    names = {str(path.relative_to(tree)) for path in written}
    assert {"connectors/acme/connector.py", "connectors/acme/setup.md", "connectors/acme/simulator/fake.py",
            "static/logos/acme.svg", "tests/connectors/acme/contract.py"} <= names  # fmt: skip
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "$slug" not in text and "$label" not in text and "$Name" not in text
        if path.suffix == ".py":
            ast.parse(text)
    registry = (tree / "connectors" / "__init__.py").read_text(encoding="utf-8")
    assert '    "acme": "connectors.acme.connector:AcmeCrm",\n}\n' in registry


@pytest.mark.parametrize("slug", ["Acme", "a", "simulator", "acme_crm", "../acme", ""])
def test_a_slug_that_cannot_serve_is_refused(slug: str, tree: Path) -> None:
    with pytest.raises(SystemExit):
        main([slug], tree)
    assert not (tree / "tests").exists()


def test_a_provider_that_exists_is_left_alone(tree: Path) -> None:
    main(["acme"], tree)
    before = (tree / "connectors" / "__init__.py").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["acme"], tree)
    assert (tree / "connectors" / "__init__.py").read_text(encoding="utf-8") == before
