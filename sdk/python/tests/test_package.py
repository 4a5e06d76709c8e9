from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import millrace

COLLISIONS = """
from google.protobuf import descriptor_pb2, descriptor_pool
# What other packages bring under the names of files that the contract has too.
for name, package in [("google/rpc/status.proto", "google.rpc"), ("google/rpc/error_details.proto", "google.rpc"),
                      ("buf/validate/validate.proto", "buf.validate"), ("millrace/jobs/v1/job.proto", "mine")]:
    file = descriptor_pb2.FileDescriptorProto(name=name, package=package, syntax="proto3")
    file.message_type.add(name="Other" + name.rsplit("/")[-1].split(".")[0])
    descriptor_pool.Default().AddSerializedFile(file.SerializeToString())
import millrace, sys
assert "google.rpc" not in sys.modules and "buf" not in sys.modules
"""


def test_collides_with_no_package_that_brings_files_of_the_same_names() -> None:
    subprocess.run([sys.executable, "-c", COLLISIONS], check=True)


def test_needs_no_optional_package() -> None:
    hidden = "import sys; sys.modules['pydantic'] = sys.modules['opentelemetry'] = None; import millrace"
    subprocess.run([sys.executable, "-c", hidden], check=True)


def public() -> Iterator[tuple[str, object]]:
    for name in millrace.__all__:
        value = getattr(millrace, name)
        if not inspect.isclass(value) and not inspect.isfunction(value):
            continue
        yield name, value
        for member, method in vars(value).items() if inspect.isclass(value) else []:
            if not member.startswith("_") and (inspect.isfunction(method) or isinstance(method, property)):
                yield f"{name}.{member}", method


@pytest.mark.parametrize(("name", "value"), [pytest.param(*one, id=one[0]) for one in public()])
def test_every_public_name_is_documented(name: str, value: object) -> None:
    doc = inspect.getdoc(value) or ""
    assert len(doc) > 10, f"{name} needs a docstring"
    assert not doc.startswith(f"{name}("), f"{name} has only the docstring of a dataclass"


def test_modules_and_functions_are_short() -> None:
    for path in Path(millrace.__file__).parent.rglob("*.py"):
        if "_proto" in path.parts:
            continue
        text = path.read_text()
        assert len(text.splitlines()) <= 300, f"{path} has more than 300 lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert (node.end_lineno or 0) - node.lineno < 80, f"{path}: {node.name} has more than 80 lines"
