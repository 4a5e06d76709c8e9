"""Tokens and certificates: they are replaced while a worker runs, and are shown to nobody."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from millrace import AsyncClient, Client, Tls, Worker, WorkerRefused
from millrace.worker.options import tls_reader, token_reader

CA, CERT, KEY = "MILLRACE_SCHEDULER_CA_FILE", "MILLRACE_SCHEDULER_CERT_FILE", "MILLRACE_SCHEDULER_KEY_FILE"
TOKEN_FILE = "MILLRACE_WORKER_TOKEN_FILE"


def pem(content: str) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (CA, CERT, KEY, TOKEN_FILE, "MILLRACE_WORKER_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_they_are_read_again_at_each_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token, ca = tmp_path / "token", tmp_path / "ca.pem"
    monkeypatch.setenv(TOKEN_FILE, str(token))
    monkeypatch.setenv(CA, str(ca))
    read_token, read_tls = token_reader(None), tls_reader(None)
    for content in ("one", "two"):
        token.write_text(f"{content}\n")
        ca.write_text(pem(content))
        assert read_token() == content
        assert read_tls() == Tls(ca=pem(content).encode())
    assert token_reader("given")() == "given"
    monkeypatch.setenv("MILLRACE_WORKER_TOKEN", "of the environment")
    assert token_reader(None)() == "of the environment"
    monkeypatch.delenv(CA)
    assert tls_reader(None)() is None


@pytest.mark.parametrize(
    ("names", "missing"),
    [((CERT, KEY), [CA]), ((CERT,), [CA, KEY]), ((KEY,), [CA, CERT]), ((CA, CERT), [KEY]), ((CA, KEY), [CERT])],
)
def test_a_worker_never_uses_plaintext_where_a_client_certificate_is_set(
    names: tuple[str, ...], missing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in names:
        monkeypatch.setenv(name, "/a/file.pem")
    with pytest.raises(WorkerRefused) as caught:
        Worker()
    for name in (CA, CERT, KEY):
        assert (f"{name}: needed with" in str(caught.value)) == (name in missing)


@pytest.mark.parametrize("half", [{"cert": b"c"}, {"key": b"k"}])
def test_a_client_certificate_has_a_key(half: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="needed with"):
        Tls(**half)


@pytest.mark.parametrize(
    "shown",
    [
        lambda tls: tls,
        lambda tls: Client(api_key="a-secret", tls=tls),
        lambda tls: AsyncClient(api_key="a-secret", tls=tls),
        lambda tls: Worker(token="a-secret", tls=tls),
        lambda tls: vars(Worker(token="a-secret", tls=tls)),
        lambda tls: vars(Worker(token=lambda: "a-secret", tls=lambda: tls)),
    ],
)
def test_secrets_are_not_shown(shown: Callable[[Tls], object]) -> None:
    tls = Tls(ca=b"authorities", cert=b"certificate", key=b"a-secret")
    assert "a-secret" not in repr(shown(tls))


BROKEN: list[tuple[str, Callable[[Path], object]]] = [
    ("missing", lambda path: path.unlink()),
    ("empty", lambda path: path.write_text("")),
    ("half", lambda path: path.write_bytes(pem("two").encode()[:-6] + b"\xff")),
]


@pytest.mark.parametrize("change", [change for _, change in BROKEN], ids=[name for name, _ in BROKEN])
def test_the_former_ones_are_used_while_their_files_are_replaced(
    change: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    token, ca = tmp_path / "token", tmp_path / "ca.pem"
    monkeypatch.setenv(TOKEN_FILE, str(token))
    monkeypatch.setenv(CA, str(ca))
    read_token, read_tls = token_reader(None), tls_reader(None)
    for content in ("one", "three"):
        token.write_text(content)
        ca.write_text(pem(content))
        before = read_token(), read_tls()
        assert before == (content, Tls(ca=pem(content).encode()))
        change(token)
        change(ca)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert [(read_token(), read_tls()) for _ in range(3)] == [before] * 3
        # The worker of another test may still say that it connects again.
        assert [record.message.split(",")[0] for record in caplog.records if record.module == "options"] == [
            "the worker token cannot be read",
            "the certificates cannot be read",
        ]


def test_what_was_never_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_FILE, str(tmp_path / "token"))
    monkeypatch.setenv(CA, str(tmp_path / "ca.pem"))
    for read in (token_reader(None), tls_reader(None)):
        with pytest.raises(OSError, match="No such file"):
            read()


def test_a_function_that_fails_is_one_that_has_given_the_former_value() -> None:
    tokens: list[Any] = ["one", RuntimeError("the vault is sealed"), "two"]

    def read() -> str:
        token = tokens.pop(0)
        if isinstance(token, Exception):
            raise token
        return str(token)

    reader = token_reader(read)
    assert [reader() for _ in range(3)] == ["one", "one", "two"]
