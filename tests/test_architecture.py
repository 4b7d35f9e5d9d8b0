"""The rules of the house, held by the code itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pinxit

SOURCE = Path(pinxit.__file__).parent

FLOORS = [
    {"errors"},
    {"settings", "color"},
    {"files"},
    {"picture", "container", "provenance", "thumbnail"},
    {"networks", "losses", "tone", "texture"},
    {"style"},
    {"blending"},
    {"engines", "exporting", "learning", "measuring"},
    {"panoramas", "models", "viewer"},
    {"video", "stills"},
    {"library"},
    {"opening"},
    {"personal"},
    {"doors"},
    {"jobs"},
    {"cli"},
]
"""A module imports only from floors above its own line, never from a neighbour on it."""

PUBLIC = {
    "CapacityError",
    "InputError",
    "LearningError",
    "Library",
    "Lut",
    "MissingExtraError",
    "NotFoundError",
    "Picture",
    "PictureError",
    "PinxitError",
    "ShapeError",
    "Style",
    "StyleError",
    "__version__",
    "export",
    "learn",
    "measure",
    "transfer",
    "transfer_model",
    "transfer_video",
}

FILES = sorted(path for path in SOURCE.rglob("*.py"))
FLOOR_OF = {name: number for number, floor in enumerate(FLOORS) for name in floor}


def part(path: Path) -> str:
    """The module or folder that a file belongs to; empty for the package's own."""
    first = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    return "" if first.startswith("__") else first


def imported(tree: ast.AST) -> set[str]:
    """Full names of everything imported, anywhere in a file."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "absolute imports only"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_rules_of_a_file(path):
    tree = ast.parse(path.read_text())
    names = imported(tree)
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not calls & {"print", "exec", "eval", "exit", "quit", "__import__"}
    assert not {name.split(".")[0] for name in names} & {"pickle", "dill", "shelve", "marshal", "torchvision"}
    assert "sys.exit" not in path.read_text() and "os.system" not in path.read_text()
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Assert), f"line {node.lineno}: users get errors, not assertions"
        assert not (isinstance(node, ast.ExceptHandler) and node.type is None), f"line {node.lineno}: bare except"
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "load" and "torch" in ast.dump(node.func):
            assert any(word.arg == "weights_only" for word in node.keywords), "torch.load needs weights_only=True"


@pytest.mark.parametrize("path", [path for path in FILES if part(path)], ids=lambda path: str(path.relative_to(SOURCE)))
def test_floors(path):
    own = part(path)
    assert own in FLOOR_OF, f"{own} has no floor; give it one here and in docs/design.md"
    for name in imported(ast.parse(path.read_text())):
        other = name.split(".")[1] if name.startswith("pinxit.") else None
        if other is not None and other != own:
            assert FLOOR_OF[other] < FLOOR_OF[own], f"{own} imports {name}"


def test_size_of_files():
    longest = {str(path.relative_to(SOURCE)): len(path.read_text().splitlines()) for path in FILES}
    assert not {name: lines for name, lines in longest.items() if lines > 300}


def test_names_without_a_thought():
    vague = {"utils", "util", "misc", "helpers", "helper", "common", "core", "base", "manager"}
    assert not {path for path in FILES if vague & set(path.relative_to(SOURCE).with_suffix("").parts)}


def test_public_names():
    assert set(pinxit.__all__) == PUBLIC == set(dir(pinxit))
    for name in PUBLIC:
        assert getattr(pinxit, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'paint'"):
        _ = pinxit.paint


def test_public_names_are_documented():
    for name in PUBLIC - {"__version__"}:
        assert getattr(pinxit, name).__doc__


def test_import_is_light():
    code = "import sys, pinxit; print(len({'torch', 'numpy', 'PIL', 'numba', 'typer'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "0\n"


@pytest.mark.parametrize("module", ["doors", "library", "style", "picture", "engines.batch", "tone.lut", "cli"])
def test_torch_comes_late(module):
    code = f"import sys, pinxit.{module}; print({{'torch', 'numba'}} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
