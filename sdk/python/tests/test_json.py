from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from millrace._json import decoder_of, json_text


class Colour(Enum):
    RED = "red"


@dataclass
class Part:
    name: str
    size: float = 1.0


@dataclass
class Whole:
    parts: list[Part]
    by_name: dict[str, Part] = field(default_factory=dict)
    colour: Colour = Colour.RED
    note: str | None = None
    mode: Literal["fast", "slow"] = "fast"
    at: datetime | None = None
    anything: Any = None


class Model(BaseModel):
    text: str
    count: int = 0


def test_a_dataclass_is_built_with_its_parts() -> None:
    payload = {"parts": [{"name": "a", "size": 2}], "by_name": {"b": {"name": "b"}}, "at": "2026-01-02T03:04:05Z"}
    whole = decoder_of(Whole)(payload)
    assert whole == Whole([Part("a", 2.0)], {"b": Part("b")}, at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc))


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ([], "payload: [] is not an object"),
        ({}, "payload.parts: it is missing"),
        ({"parts": {}}, "payload.parts: {} is not an array"),
        ({"parts": [{"name": 1}]}, "payload.parts[0].name: 1 is not a string"),
        ({"parts": [{"name": "a", "size": True}]}, "payload.parts[0].size: True is not a number"),
        ({"parts": [], "colour": "blue"}, "payload.colour: 'blue' is not a valid Colour"),
        ({"parts": [], "mode": "odd"}, "payload.mode: 'odd' is not one of 'fast', 'slow'"),
    ],
)
def test_a_payload_that_does_not_fit_a_dataclass_is_refused_with_its_path(payload: Any, problem: str) -> None:
    with pytest.raises(ValueError, match="payload") as caught:
        decoder_of(Whole)(payload)
    assert str(caught.value) == problem


def test_a_pydantic_model_validates() -> None:
    assert decoder_of(Model)({"text": "a", "count": "3"}) == Model(text="a", count=3)
    with pytest.raises(ValueError, match="text"):
        decoder_of(Model)({})


def test_other_annotations_pass_the_value_as_it_is() -> None:
    for annotation in (dict, dict[str, Any], Any):
        assert decoder_of(annotation)({"a": 1}) == {"a": 1}


def test_results_may_hold_dataclasses_models_enums_and_times() -> None:
    text = json_text({"part": Part("ä"), "model": [Model(text="b")], "colour": Colour.RED})
    assert json.loads(text) == {
        "part": {"name": "ä", "size": 1.0},
        "model": [{"text": "b", "count": 0}],
        "colour": "red",
    }


@pytest.mark.parametrize("value", [float("nan"), object(), {1: object()}])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        json_text(value)
