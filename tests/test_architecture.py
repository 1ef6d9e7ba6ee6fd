"""The rules of docs/architecture.md that a program can check."""

import ast
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import grimp
import pytest
from importlinter import cli

from connectors import REGISTRY

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("lacoste_integrations", "webhooks", "integrations", "connectors")
# The engine's judgement, without any input or output.
PURE = ("integrations/sync/mapping.py", "integrations/sync/conflicts.py")
IMPURE = {"django.db", "django.core.cache", "requests", "socket", "subprocess", "os", "pathlib"}


@cache
def tracked() -> list[Path]:
    """Every file of the repository, or, in an export without git, every file of our packages."""
    if shutil.which("git"):
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
        if listing.returncode == 0:
            return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).exists()]
    return [path for top in (*PACKAGES, "docs") for path in (ROOT / top).rglob("*") if path.is_file()]


def sources(*packages: str) -> Iterator[tuple[Path, ast.Module]]:
    """Each Python file of the packages with its syntax tree."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text())


def code_words(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every name and string of a file; docstrings are prose and left out."""
    prose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=text) | ast.Attribute(attr=text):
                yield node.lineno, text
            case ast.Constant(value=str(text)) if node not in prose:
                yield node.lineno, text
            case ast.ImportFrom(module=str(text)) | ast.alias(name=text):
                yield node.lineno, text


def test_packages_import_only_what_they_may() -> None:
    assert cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0, "run: make lint"


def test_a_provider_is_named_in_its_own_folder_and_in_the_registry_only() -> None:
    slug = re.compile(rf"(?<![a-z])({'|'.join(REGISTRY)})(?![a-z])", re.IGNORECASE)
    found = [
        f"{path}:{line}: {text[:60]!r}"
        for path, tree in sources(*PACKAGES)
        if path != Path("connectors/__init__.py")
        and not (path.parts[0] == "connectors" and path.parts[1] in REGISTRY)
        and "migrations" not in path.parts
        for line, text in code_words(tree)
        if slug.search(text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("slug", REGISTRY)
def test_a_provider_stands_on_the_base_and_its_simulator_on_the_simulators_kit(slug: str) -> None:
    graph = grimp.build_graph("connectors", cache_dir=None)
    own = f"connectors.{slug}"
    for module in {own} | graph.find_descendants(own):
        simulated = module.startswith(f"{own}.simulator")
        for imported in graph.find_modules_directly_imported_by(module):
            if simulated:
                fine = imported.startswith(("connectors.simulator", f"{own}.simulator"))
            else:
                fine = imported.startswith(("connectors.base", f"{own}.")) and ".simulator" not in imported
            assert fine, f"{module} imports {imported}"
    assert not (ROOT / "connectors" / slug / "__init__.py").read_text().strip(), "a provider's __init__ is empty"


@pytest.mark.parametrize("name", PURE)
def test_mapping_and_conflicts_do_no_input_or_output(name: str) -> None:
    tree = ast.parse((ROOT / name).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules = {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
        else:
            assert not (isinstance(node, ast.Attribute) and node.attr in ("objects", "save", "refresh_from_db"))
            continue
        assert not modules & IMPURE, f"{name} imports {modules & IMPURE}"


def test_every_link_between_the_documents_leads_somewhere() -> None:
    missing = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in tracked()
        if page.suffix == ".md" and "static" not in page.parts
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not missing, "\n".join(missing)


def test_the_locks_name_hashes_and_no_host() -> None:
    names = {path.name for path in tracked()}
    assert not names & {"uv.lock", "poetry.lock", "package-lock.json"}, "those locks name hosts"
    for name in ("requirements.lock", "deploy/requirements.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert "--hash=sha256:" in text


def test_the_locks_hold_every_declared_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    everything = [*runtime, *chain.from_iterable(project["dependency-groups"].values())]
    for name, wanted in (("requirements.lock", everything), ("deploy/requirements.txt", runtime)):
        locked = set(re.findall(r"^([\w.-]+)==", (ROOT / name).read_text(), re.MULTILINE))
        declared = {re.split(r"[\[<>=~! ]", package)[0].lower() for package in wanted}
        assert not declared - locked, f"run make lock: {name} lacks {declared - locked}"


def test_every_setting_read_from_the_environment_is_explained() -> None:
    read = set(re.findall(r'\benv\.\w+\(\s*"(\w+)"', (ROOT / "lacoste_integrations/settings.py").read_text()))
    explained = set(re.findall(r"^#?(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert explained - {"PORT", "SIMULATOR_PORT"} == read


def test_pages_hold_neither_style_nor_script() -> None:
    inline = re.compile(r"""\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)|javascript:""", re.IGNORECASE)
    tags = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}")  # a component's argument may well be called style
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in (ROOT / "templates").rglob("*.html")
        for match in inline.finditer(tags.sub("", path.read_text()))
    ]
    assert not found, "the content security policy would refuse: " + ", ".join(found)
