"""What an operator can set about packages."""

import pytest

from evalwright_server.environments import PackageSettings, PackageSettingsError


def test_without_variables_wheels_come_from_the_public_index() -> None:
    settings = PackageSettings.read({})
    assert settings == PackageSettings()
    assert settings.index is None
    assert not settings.source_builds
    assert settings.allow_requirements, "installing and running are two sandboxes"


def test_every_variable_is_read() -> None:
    assert PackageSettings.read(
        {
            "EVALWRIGHT_ALLOW_REQUIREMENTS": "0",
            "EVALWRIGHT_PACKAGE_INDEX": "https://me:secret@packages.example.com/simple",
            "EVALWRIGHT_PACKAGE_ARGUMENTS": "--prerelease 'if-necessary'",
            "EVALWRIGHT_PACKAGE_HOSTS": "files.example.com:443, 10.0.0.0/8:443",
            "EVALWRIGHT_PACKAGE_SOURCE_BUILDS": "1",
            "EVALWRIGHT_PACKAGE_TIMEOUT": "7.5",
            "EVALWRIGHT_PACKAGE_MEMORY_MB": "100",
            "EVALWRIGHT_PACKAGE_DISK_MB": "200",
            "EVALWRIGHT_PACKAGE_LOCK_TTL": "60",
            "EVALWRIGHT_PACKAGE_KEEP_DAYS": "2",
            "EVALWRIGHT_PACKAGE_KEEP_MB": "300",
        }
    ) == PackageSettings(
        index="https://me:secret@packages.example.com/simple",
        arguments=("--prerelease", "if-necessary"),
        hosts=("files.example.com:443", "10.0.0.0/8:443"),
        source_builds=True,
        allow_requirements=False,
        timeout=7.5,
        memory_bytes=100 * 1024**2,
        disk_bytes=200 * 1024**2,
        lock_seconds=60.0,
        keep_seconds=2 * 86_400.0,
        keep_bytes=300 * 1024**2,
    )


@pytest.mark.parametrize(
    "settings",
    [
        PackageSettings(),
        PackageSettings(
            index="http://127.0.0.1:1/",
            arguments=("--a b", "c"),
            hosts=(),
            source_builds=True,
            allow_requirements=False,
            timeout=2.5,
        ),
    ],
)
def test_worker_processes_get_the_same_settings(settings: PackageSettings) -> None:
    assert PackageSettings.read(settings.variables()) == settings


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("INDEX", "packages.example.com", "no URL that begins with http"),
        ("INDEX", "ftp://example.com", "no URL that begins with http"),
        ("INDEX", "https://[::1", "no URL that begins with http"),
        ("INDEX", "https://me:s3cret@:99999/", "no URL that begins with http"),
        ("ARGUMENTS", "--x 'y", "a quote that is never closed"),
        ("HOSTS", "example.com", "no entry of an allow-list"),
        ("TIMEOUT", "soon", "expected a number above 0"),
        ("TIMEOUT", "nan", "expected a number above 0"),
        ("MEMORY_MB", "-1", "expected a number above 0"),
        ("LOCK_TTL", "inf", "expected a number above 0"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, problem: str) -> None:
    variable = f"EVALWRIGHT_PACKAGE_{name}"
    with pytest.raises(PackageSettingsError, match=rf"{variable}.*{problem}") as caught:
        PackageSettings.read({variable: value})
    assert "s3cret" not in str(caught.value)
