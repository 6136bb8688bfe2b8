"""The dashboard's own charts, which Streamlit draws as they are: they are what Vega-Lite's schema says."""

from __future__ import annotations

import json
from typing import Any

import altair
import pandas as pd
import pytest

from bargain.analysis.dashboard.charts import by_round, price_trace

TURNS = [
    {"role": "buyer", "offer": 10.0, "act": "offer"},
    {"role": "seller", "offer": None, "act": "other"},
    {"role": "buyer", "offer": 15.0, "act": "accept"},
]
ROUNDS = pd.DataFrame(
    {"cell": "gpt-4", "arm": "", "round": [1, 2], "value": [14.5, 15.0], "low": 14.0, "high": 16.0, "n": 20}
)


@pytest.mark.parametrize(
    "spec",
    [
        price_trace(TURNS, 15.0, {"cost": 8.0}),
        price_trace([], None, {}),
        by_round(ROUNDS, "price, $", ["gpt-4"]),
        by_round(ROUNDS.assign(value=0.9), "deal rate", ["gpt-4"], rate=True),
    ],
    ids=["offers", "nothing said", "price", "rate"],
)
def test_a_chart_is_valid_and_names_the_data_that_it_holds(spec: dict[str, Any]) -> None:
    held = {name: frame.to_dict("records") for name, frame in spec["datasets"].items()}
    altair.LayerChart.from_dict(json.loads(json.dumps({**spec, "datasets": held})))  # raises what the schema forbids
    named = [layer.get("data", spec.get("data"))["name"] for layer in spec["layer"]]
    assert set(named) == set(held)
    for name, layer in zip(named, spec["layer"], strict=True):
        fields = {channel["field"] for channel in _channels(layer["encoding"]) if "field" in channel}
        assert fields <= set(spec["datasets"][name])


def _channels(encoding: dict[str, Any]) -> list[dict[str, Any]]:
    """Every channel of an encoding; a tooltip is several."""
    return [each for channel in encoding.values() for each in (channel if isinstance(channel, list) else [channel])]
