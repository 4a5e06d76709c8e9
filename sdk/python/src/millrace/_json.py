"""Payloads and results: JSON text to and from dicts, dataclasses and pydantic models."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Union


def json_text(value: Any) -> str:
    """Returns JSON text of a value that may hold dataclasses, pydantic models, enums and datetimes.

    Raises TypeError or ValueError for a value that JSON cannot represent, such as NaN.
    """
    return json.dumps(value, default=_plain, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"a {type(value).__name__} is not JSON")


Decoder = Callable[[Any], Any]


def decoder_of(annotation: Any) -> Decoder:
    """Returns what makes a value of the annotated type from parsed JSON.

    A pydantic model validates. A dataclass is built field by field, nested ones too. Every other type is passed as it
    is. The decoder raises ValueError if the value does not fit.
    """
    validate = getattr(annotation, "model_validate", None)
    if callable(validate):
        return typing.cast(Decoder, validate)
    if dataclasses.is_dataclass(annotation):
        return lambda value: _fitted(annotation, value, "payload")
    return lambda value: value


def _fitted(annotation: Any, value: Any, path: str) -> Any:
    """Makes `value` fit a type within a dataclass."""
    if annotation is Any or isinstance(annotation, (str, typing.TypeVar)):
        return value
    if dataclasses.is_dataclass(annotation):
        return _instance(annotation, value, path)
    validate = getattr(annotation, "model_validate", None)
    if callable(validate):
        return validate(value)
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        return _one_of(parts, value, path)
    if origin is typing.Literal:
        return _expect(value in parts, value, path, f"one of {', '.join(map(repr, parts))}")
    kind = origin or annotation
    if not isinstance(kind, type):
        return value
    if issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    if issubclass(kind, Mapping):
        _expect(isinstance(value, dict), value, path, "an object")
        inner = parts[1] if len(parts) == 2 else Any
        return {key: _fitted(inner, item, f"{path}.{key}") for key, item in value.items()}
    if kind in (list, tuple, set, frozenset) or (kind is not str and kind is not bytes and issubclass(kind, Sequence)):
        _expect(isinstance(value, list), value, path, "an array")
        inner = parts[0] if parts else Any
        items = [_fitted(inner, item, f"{path}[{at}]") for at, item in enumerate(value)]
        return kind(items) if kind in (tuple, set, frozenset) else items
    return _scalar(kind, value, path)


def _scalar(kind: type, value: Any, path: str) -> Any:
    if kind is datetime:
        _expect(isinstance(value, str), value, path, "a time")
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    if kind is float:
        return float(_expect(isinstance(value, (int, float)) and not isinstance(value, bool), value, path, "a number"))
    if kind is int:
        return _expect(isinstance(value, int) and not isinstance(value, bool), value, path, "a whole number")
    if kind in (str, bool, type(None)):
        return _expect(isinstance(value, kind), value, path, {str: "a string", bool: "a boolean"}.get(kind, "null"))
    return value


def _one_of(parts: tuple[Any, ...], value: Any, path: str) -> Any:
    problems = []
    for part in parts:
        try:
            return _fitted(part, value, path)
        except ValueError as error:
            problems.append(str(error))
    raise ValueError(problems[0])


def _instance(annotation: Any, value: Any, path: str) -> Any:
    _expect(isinstance(value, dict), value, path, "an object")
    hints = typing.get_type_hints(annotation)
    given = {}
    for field in dataclasses.fields(annotation):
        if not field.init:
            continue
        if field.name in value:
            given[field.name] = _fitted(hints[field.name], value[field.name], f"{path}.{field.name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ValueError(f"{path}.{field.name}: it is missing")
    return annotation(**given)


def _expect(fits: bool, value: Any, path: str, what: str) -> Any:
    if not fits:
        raise ValueError(f"{path}: {value!r:.80} is not {what}")
    return value
