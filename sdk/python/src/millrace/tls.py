"""Certificates for connections to gateways and schedulers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import grpc

_BEGINS, _ENDS = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----"), re.compile(rb"-----END [A-Z0-9 ]+-----")


@dataclass(frozen=True)
class Tls:
    """Certificates in PEM. `Tls()` trusts the root certificates that gRPC brings.

    `ca` replaces the trusted certificates. `cert` and `key` are the client certificate and its key, where the server
    requires one: give both. The key is not in what `repr` returns.
    """

    ca: bytes | None = None
    cert: bytes | None = None
    key: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.cert is None) != (self.key is None):
            missing, given = ("key", "cert") if self.key is None else ("cert", "key")
            raise ValueError(f"{missing}: needed with {given}")

    @classmethod
    def from_files(
        cls, ca: str | Path | None = None, cert: str | Path | None = None, key: str | Path | None = None
    ) -> Tls:
        """Reads the files. Raises OSError for one that cannot be read, or holds no whole PEM: it is being written."""
        return cls(*(None if path is None else _whole(Path(path)) for path in (ca, cert, key)))

    def credentials(self) -> grpc.ChannelCredentials:
        """Returns what a gRPC channel needs."""
        return grpc.ssl_channel_credentials(self.ca, self.key, self.cert)


def _whole(path: Path) -> bytes:
    pem = path.read_bytes()
    if not 0 < len(_BEGINS.findall(pem)) == len(_ENDS.findall(pem)):
        raise OSError(f"{path} holds no whole PEM")
    return pem
