"""Settings: what is accepted, what stops the start, and in which words."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from gateway.settings import Settings, SettingsError, Vocabulary, load


class Phoenix(BaseModel):
    """A dialect's own settings."""

    model_config = ConfigDict(extra="forbid")

    version: str = ""
    speed: int = 1


KNOWN = Vocabulary(
    adapters={"phoenix", "respan", "evalguard", "canonical"},
    operations={"create_experiment"},
    surfaces={"phoenix": Phoenix},
    scorers=("icontains",),
    is_scorer=lambda name: name == "icontains",
)
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SHA = "a" * 64


def read(text: str, tmp_path: Path, environ: dict[str, str] | None = None, **options: Any) -> Settings:
    file = tmp_path / "c.toml"
    file.write_text(text)
    return load(KNOWN, config=file, environ=environ or {}, options=options or None)


def faults(text: str, tmp_path: Path, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(text, tmp_path, environ)
    return [str(problem) for problem in caught.value.problems]


def test_defaults_without_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(KNOWN, environ={})
    assert (settings.server.host, settings.server.port, settings.server.body_limit) == ("127.0.0.1", 8080, 32 * 1024 * 1024)
    assert settings.store.url == "sqlite:///crosswalk.db"
    assert settings.auth.mode == "none"
    assert {settings.route(dialect) for dialect in KNOWN.adapters} == {"local"}


@pytest.mark.parametrize("source", ["option", "environment", "folder"])
def test_the_file_is_found(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "crosswalk.toml").write_text("[server]\nport = 1\n")
    (tmp_path / "named.toml").write_text("[server]\nport = 2\n")
    (tmp_path / "option.toml").write_text("[server]\nport = 3\n")
    monkeypatch.chdir(tmp_path)
    environ = {} if source == "folder" else {"CROSSWALK_CONFIG": "named.toml"}
    config = Path("option.toml") if source == "option" else None
    assert load(KNOWN, config=config, environ=environ).server.port == {"folder": 1, "environment": 2, "option": 3}[source]


def test_environment_overrides_the_file_and_options_override_both(tmp_path: Path) -> None:
    text = "[server]\nport = 1\nlog_level = 'error'\n"
    environ = {"CROSSWALK__SERVER__PORT": "2", "CROSSWALK__SERVER__ALLOWED_HOSTS": '["a.test"]'}
    settings = read(text, tmp_path, environ)
    assert (settings.server.port, settings.server.log_level, settings.server.allowed_hosts) == (2, "error", ("a.test",))
    assert read(text, tmp_path, environ, server={"port": 3}).server.port == 3


def test_secret_references(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("from-file\n")
    text = """
        [targets.a]
        adapter = "phoenix"
        base_url = "https://a.test/px/"
        api_key = "env:A_KEY"
        [models.m]
        base_url = "http://m.test/v1"
        api_key = "file:key.txt"
    """
    settings = read(text, tmp_path, {"A_KEY": "from-env"})
    assert settings.secrets() == {"from-env", "from-file"}
    assert settings.targets["a"].base_url == "https://a.test/px"
    assert "from-" not in repr(settings) + str(settings.masked())


SECRET_FAULTS = {
    "env:GONE": "targets.a.api_key: the environment variable GONE is not set",
    "env:EMPTY": "targets.a.api_key: the environment variable EMPTY is empty",
    "file:gone.txt": "No such file",
    "file:binary": "is not UTF-8 text",
    "file:huge": "is larger than",
}


@pytest.mark.parametrize("reference", SECRET_FAULTS)
def test_a_secret_that_is_not_there_names_the_key(reference: str, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "huge").write_text("x" * 100_000)
    text = f'[targets.a]\nadapter = "phoenix"\nbase_url = "https://a.test"\napi_key = "{reference}"'
    (fault,) = faults(text, tmp_path, {"EMPTY": ""})
    assert fault.startswith("targets.a.api_key: ")
    assert SECRET_FAULTS[reference] in fault


FAULTS = {
    "unknown section": ("[sever]\nport = 1", "sever: there is no such setting"),
    "unknown key": ("[server]\nprot = 1", "server.prot: there is no such setting"),
    "wrong type": ("[server]\nport = 'x'", "server.port: Input should be a valid integer"),
    "out of range": ("[server]\nport = 70000", "server.port: Input should be less than or equal to 65535"),
    "unknown adapter": (
        "[targets.a]\nadapter = 'phenix'\nbase_url = 'http://a'",
        "targets.a.adapter: no such adapter: 'phenix' (did you mean 'phoenix'?)",
    ),
    "no adapter": ("[targets.a]\nbase_url = 'http://a'", "targets.a.adapter: is missing"),
    "no base_url": ("[targets.a]\nadapter = 'phoenix'", "targets.a.base_url: is missing"),
    "embedded with key": ("[targets.local]\nadapter = 'local'\napi_key = 'k'", "targets.local: the embedded target takes neither"),
    "target name": ("[targets.'A-b']\nadapter = 'local'", "targets.A-b: String should match pattern"),
    "route to nowhere": ("[routes]\nphoenix = 'gone'", "routes.phoenix: no such target: 'gone'"),
    "route of no dialect": ("[routes]\nphenix = 'local'", "routes.phenix: no such dialect: 'phenix' (did you mean 'phoenix'?)"),
    "open to all": ("[server]\nhost = '0.0.0.0'", "server.host: 0.0.0.0 can be reached from other machines"),
    "no keys": ("[auth]\nmode = 'keys'", "auth.keys: is empty"),
    "bad mode": ("[auth]\nmode = 'open'", "auth.mode: Input should be 'none', 'keys' or 'passthrough'"),
    "bad role": (
        f"[[auth.keys]]\nname = 'a'\nsha256 = '{SHA}'\nrole = 'owner'",
        "auth.keys[0].role: Input should be 'viewer', 'editor' or 'admin'",
    ),
    "bad hash": ("[[auth.keys]]\nname = 'a'\nsha256 = 'abc'\nrole = 'admin'", "auth.keys[0].sha256: String should match pattern"),
    "key for no target": (
        f"[[auth.keys]]\nname = 'a'\nsha256 = '{SHA}'\nrole = 'admin'\ntargets = ['x']",
        "auth.keys[0].targets: no such target: 'x'",
    ),
    "passthrough to nobody": ("[auth]\nmode = 'passthrough'", "auth.mode: 'passthrough' needs a target"),
    "loss of no adapter": ("[loss.x]\ncreate_experiment = 'refuse'", "loss.x: no such adapter: 'x'"),
    "loss of no operation": ("[loss.phoenix]\nmake_tea = 'refuse'", "loss.phoenix.make_tea: no such operation"),
    "loss policy": ("[loss.phoenix]\ncreate_experiment = 'ignore'", "loss.phoenix.create_experiment: Input should be 'refuse' or 'report'"),
    "no model": ("[defaults]\nmodel = 'gpt'", "defaults.model: no such model: 'gpt' (known: echo)"),
    "reserved model": ("[models.echo]\nbase_url = 'http://a'", "models.echo: this name belongs"),
    "surface of no dialect": ("[surfaces.x]\na = 1", "surfaces.x: no such dialect: 'x'"),
    "surface setting": ("[surfaces.phoenix]\nspeed = 'high'", "surfaces.phoenix.speed: Input should be a valid integer"),
    "no surface setting": ("[surfaces.phoenix]\nsped = 1", "surfaces.phoenix.sped: there is no such setting"),
    "scorer": ("[evaluators.a]\nscorer = 'icontain'", "evaluators.a.scorer: no such scorer: 'icontain' (did you mean 'icontains'?)"),
    "store": ("[store]\nurl = 'mysql://x'", "store.url: an SQLite file is needed"),
    "store in memory": ("[store]\nurl = 'sqlite:///:memory:'", "store.url: an SQLite file is needed"),
    "store without a file": ("[store]\nurl = 'sqlite://'", "store.url: an SQLite file is needed"),
    "not TOML": ("[server", "is not TOML"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_is_wrong_is_named(case: str, tmp_path: Path) -> None:
    text, expected = FAULTS[case]
    (fault,) = faults(text, tmp_path)
    assert fault.startswith(expected)


@pytest.mark.parametrize(
    "url",
    ["ftp://a", "a.test", "https://u:p@a", "https://a/?q=1", "https://a/#f", "https://a/../b", "https://a//b", "https://a:x", "https://"],
)
def test_a_base_url_is_strict(url: str, tmp_path: Path) -> None:
    (fault,) = faults(f'[models.m]\nbase_url = "{url}"', tmp_path)
    assert fault.startswith("models.m.base_url: ")


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    assert len(faults("[routes]\nphoenix = 'x'\nrespan = 'y'\n[server]\nhost = '::'", tmp_path)) == 3


def test_two_keys_must_differ(tmp_path: Path) -> None:
    key = f"[[auth.keys]]\nname = 'a'\nsha256 = '{SHA}'\nrole = 'admin'\n"
    found = faults("[auth]\nmode = 'keys'\n" + key + key, tmp_path)
    assert {fault.split(":")[0] for fault in found} == {
        "auth.keys[0].name",
        "auth.keys[1].name",
        "auth.keys[0].sha256",
        "auth.keys[1].sha256",
    }


def test_a_fault_from_the_environment_names_the_variable(tmp_path: Path) -> None:
    environ = {"CROSSWALK__TARGETS__A__API_KEY": "hush", "CROSSWALK__SERVR__PORT": "1", "CROSSWALK__SERVER__PORT": "x"}
    found = faults("", tmp_path, environ)
    assert len(found) == 3
    assert all(any(name in fault for fault in found) for name in environ)
    assert "hush" not in "".join(found)


def test_an_override_without_a_key_is_refused(tmp_path: Path) -> None:
    (fault,) = faults("", tmp_path, {"CROSSWALK__SERVER____PORT": "1"})
    assert fault == "CROSSWALK__SERVER____PORT: names no setting"


def test_beyond_loopback_with_keys_is_allowed(tmp_path: Path) -> None:
    text = f"[server]\nhost = '0.0.0.0'\n[auth]\nmode = 'keys'\n[[auth.keys]]\nname = 'a'\nsha256 = '{SHA.upper()}'\nrole = 'viewer'"
    (key,) = read(text, tmp_path).auth.keys
    assert (key.sha256, key.scope, key.targets) == (SHA, "default", None)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_needs_no_keys(host: str, tmp_path: Path) -> None:
    assert read(f"[server]\nhost = '{host}'", tmp_path).server.host == host


def test_the_example_configuration_loads() -> None:
    settings = load(KNOWN, config=EXAMPLE, environ={"PHOENIX_API_KEY": "p", "OPENAI_API_KEY": "o"})
    assert settings.route("phoenix") == "phoenix_prod"
    assert settings.secrets() == {"p", "o"}


def test_the_example_configuration_has_every_setting_once() -> None:
    example = tomllib.loads(EXAMPLE.read_text())
    settings = load(KNOWN, config=EXAMPLE, environ={"PHOENIX_API_KEY": "p", "OPENAI_API_KEY": "o"})
    assert set(_fields(settings, example)) == set()


def _fields(model: BaseModel, written: dict[str, Any], key: str = "") -> Iterator[str]:
    """The settings that the example leaves out: a table's entries count together, each field once."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        entries = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
        if name not in written:
            yield f"{key}{name}"
        elif models := [entry for entry in entries if isinstance(entry, BaseModel)]:
            yield from _fields(models[-1], _union(written[name], value), f"{key}{name}.")


def _union(written: Any, value: Any) -> dict[str, Any]:
    if isinstance(value, BaseModel):
        return dict(written)
    entries = written.values() if isinstance(written, dict) else written
    return {name: inner for entry in entries for name, inner in entry.items()}
