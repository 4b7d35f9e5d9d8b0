"""Documentation runs: the commands that it shows exist, its links lead somewhere, its examples say what they say."""

import doctest
import importlib
import pkgutil
import re
import runpy
import shlex
from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

import pinxit
from pinxit.cli import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
DESIGN = ROOT / "docs" / "design.md"  # it also shows doors that are still to be built


def commands(page: Path) -> list[list[str]]:
    """Every ``pinxit ...`` line in the shell blocks of a page, as words."""
    blocks = re.findall(r"```(?:sh|bash|console)\n(.*?)```", page.read_text(), re.S)
    lines = "\n".join(blocks).replace("\\\n", " ").split("\n")
    calls = [call.strip() for line in lines for call in line.removeprefix("$ ").split("&&")]
    return [shlex.split(call, comments=True)[1:] for call in calls if call.startswith("pinxit ")]


SHOWN = [(page.name, words) for page in PAGES if page != DESIGN for words in commands(page)]


@pytest.mark.parametrize(
    ("page", "words"), SHOWN, ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_shown_commands_and_options_exist(page, words):
    path = []
    for word in words:
        if CliRunner().invoke(app, [*path, word, "--help"]).exit_code or word.startswith("-"):
            break
        path.append(word)
        if "COMMAND" not in CliRunner().invoke(app, [*path, "--help"]).stdout:
            break
    assert path or words[0].startswith("-"), f"{page}: pinxit {words[0]} is no command"
    described = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"}).stdout
    for option in (word.split("=")[0] for word in words if re.fullmatch(r"--?[a-zA-Z-]+(=.*)?", word)):
        assert option in described, f"{page}: {' '.join(path)} has no {option}"


def test_every_command_is_described():
    readme = (ROOT / "README.md").read_text() + "".join(page.read_text() for page in ROOT.glob("docs/*.md"))
    names = typer.main.get_command(app).commands
    assert {"learn", "transfer", "measure", "recognize", "rate", "explain"} <= set(names)
    for name in names:
        assert f"pinxit {name}" in readme


def test_the_painting_demo_runs(tmp_path, capsys):
    runpy.run_path(str(ROOT / "examples" / "paint.py"))["main"](tmp_path, 0.0)
    told = capsys.readouterr().out
    assert len(re.findall(r"structure kept 0\.\d+   colour left 0\.\d+   texture left 0\.\d+", told)) == 3
    assert Image.open(tmp_path / "painted.jpg").size[1] == 1200


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def modules() -> list[str]:
    found = pkgutil.walk_packages(pinxit.__path__, "pinxit.")
    return sorted(item.name for item in found if not item.name.endswith("__main__"))


@pytest.mark.parametrize("name", modules())
def test_doctests(name):
    source = importlib.util.find_spec(name).origin
    if ">>>" not in Path(source).read_text():
        return
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
