"""The sync clients are what the tool makes of the async ones."""

import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import evalwright

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "scripts/unasync.py"


def test_generated_files_are_up_to_date() -> None:
    result = subprocess.run(
        [sys.executable, str(TOOL), "--check"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_check_shows_what_would_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = load()
    monkeypatch.setattr(tool, "TARGET", tmp_path)
    monkeypatch.setattr(tool, "generate", lambda: {"fresh.py": "new = 1\n"})
    (tmp_path / "stale.py").write_text("old = 1\n")
    monkeypatch.setattr(sys, "argv", ["unasync.py", "--check"])
    with pytest.raises(SystemExit) as caught:
        tool.main()
    assert caught.value.code == 1
    shown = capsys.readouterr().out
    assert "+new = 1\n" in shown
    assert "-old = 1\n" in shown
    assert not (tmp_path / "fresh.py").exists()


def test_writing_leaves_nothing_to_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = load()
    monkeypatch.setattr(tool, "TARGET", tmp_path)
    monkeypatch.setattr(tool, "generate", lambda: {"fresh.py": "new = 1\n"})
    (tmp_path / "stale.py").write_text("old = 1\n")
    monkeypatch.setattr(sys, "argv", ["unasync.py"])
    tool.main()
    assert [path.name for path in tmp_path.iterdir()] == ["fresh.py"]
    monkeypatch.setattr(sys, "argv", ["unasync.py", "--check"])
    with pytest.raises(SystemExit) as caught:
        tool.main()
    assert caught.value.code == 0


def test_a_rule_without_use_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = load()
    monkeypatch.setattr(tool, "RULES", (*tool.RULES, "never needed"))
    with pytest.raises(SystemExit, match="never needed"):
        tool.generate()


def test_twins_offer_the_same() -> None:
    """Same methods, same parameters, same defaults."""
    twins = [name for name in evalwright.__all__ if f"Async{name}" in evalwright.__all__]
    assert "TasksClient" in twins
    for name in twins:
        plain, other = getattr(evalwright, name), getattr(evalwright, f"Async{name}")
        public = {member for member in dir(plain) if not member.startswith("_")} - {"close"}
        assert public == {m for m in dir(other) if not m.startswith("_")} - {"aclose"}
        for member in public:
            left, right = getattr(plain, member), getattr(other, member)
            if inspect.isfunction(left):
                assert shape(left) == shape(right), f"{name}.{member}"


def test_sync_docs_read_as_sync() -> None:
    for path in (ROOT / "sdk/evalwright/_sync").glob("*.py"):
        text = path.read_text()
        assert "await" not in text, path
        assert "async" not in text.split("\n", 1)[1].replace("_async", ""), path


def shape(function: object) -> list[tuple[str, object]]:
    parameters = inspect.signature(function).parameters  # type: ignore[arg-type]
    return [(name, parameter.default) for name, parameter in parameters.items()]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("unasync", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
