"""Certificates for connections to gateways and schedulers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import grpc


@dataclass(frozen=True)
class Tls:
    """Certificates in PEM. `Tls()` trusts the root certificates that gRPC brings.

    `ca` replaces the trusted certificates. `cert` and `key` are the client certificate and its key, where the server
    requires one.
    """

    ca: bytes | None = None
    cert: bytes | None = None
    key: bytes | None = None

    @classmethod
    def from_files(
        cls, ca: str | Path | None = None, cert: str | Path | None = None, key: str | Path | None = None
    ) -> Tls:
        """Reads the files. Raises OSError for one that cannot be read."""
        read = [None if path is None else Path(path).read_bytes() for path in (ca, cert, key)]
        return cls(*read)

    def credentials(self) -> grpc.ChannelCredentials:
        """Returns what a gRPC channel needs."""
        return grpc.ssl_channel_credentials(self.ca, self.key, self.cert)
