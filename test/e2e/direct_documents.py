"""Uploads and downloads past the gateway by both clients of the SDK. Writes what came back, as JSON."""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from millrace import AsyncClient, Client


def blocking() -> dict[str, object]:
    noise = os.urandom(3 * 1024 * 1024)
    with tempfile.TemporaryDirectory() as folder, Client() as client:
        path = Path(folder, "noise.bin")
        path.write_bytes(noise)
        document = client.upload_document(path, direct=True)
        directly = b"".join(client.download_document(document.id, direct=True))
        through = b"".join(client.download_document(document.id))
    return {"name": document.name, "same": directly == noise == through}


async def asynchronous() -> dict[str, object]:
    async with AsyncClient() as client:
        document = await client.upload_document(b"Call me Ishmael.", name="moby.txt", direct=True)
        text = b"".join([piece async for piece in client.download_document(document.id, direct=True)])
        try:
            await client.upload_document(iter([b"a"]), direct=True)
        except TypeError as error:
            refused = str(error)
    return {"text": text.decode(), "refused": refused}


json.dump(blocking() | asyncio.run(asynchronous()), sys.stdout)
