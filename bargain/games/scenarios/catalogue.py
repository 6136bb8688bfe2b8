"""Items from a file of the user's: game i plays row i of a CSV, JSON, JSONL or Parquet file.

Besides plain tables it reads the layout of AmazonHistoryPrice (Xia et al. 2024: list_price "$196.64", highest_price,
lowest_price; the higher of the first two is the list price, as its authors take it) and of CraigslistBargain (He et
al. 2018: items.Title, items.Description, items.Price; its targets are wishes, no limits). The list price is the
seller's opening.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bargain.config.schema import GameConfig, ItemConfig, ScenarioConfig
from bargain.games.scenarios.drawn import Drawn, drawing_problems
from bargain.records import PLAYERS, Item
from bargain.text import one_line

NAMES = {
    "title": ("title", "name", "item", "product", "items.title"),
    "description": ("description", "features", "items.description"),
    "list_price": ("list_price", "listing_price", "asking_price", "seller_opening", "price", "items.price"),
    "cost": ("cost", "lowest", "lowest_price", "seller_cost", "reserve_price", "seller_limit"),
    "valuation": ("valuation", "budget", "buyer_budget", "buyer_value", "buyer_limit", "willingness_to_pay"),
}
"""What a column may be called, in any case, with spaces or underscores; the first that a row has counts."""
_PRICE = re.compile(r"[^\d\s,.-]{0,4}\s?(\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)\s?[^\d\s,.-]{0,4}")
_LONGEST = {"title": 200, "description": 1000}
"""Characters that a prompt shows."""
Row = dict[str, Any]


class Catalogue(Drawn):
    """Row i for game i; outside options and a deadline may be drawn beside it."""

    def __init__(self, config: ScenarioConfig, item: Item, seed: int) -> None:
        super().__init__(config, item, seed)
        self.rows = read_rows(str(config.path), str(config.sha256))

    @staticmethod
    def problem(config: ScenarioConfig, item: ItemConfig, game: GameConfig, n_games: int) -> str:
        """What is wrong with the settings, with the file, or with the first bad row that would be played."""
        return next(_problems(config, item, game, n_games), "")

    def given(self, game: int) -> Item:
        """The item of the game's row."""
        return item_of(self.rows[game], self.config, self.item)


def _problems(config: ScenarioConfig, item: ItemConfig, game: GameConfig, n_games: int) -> Iterator[str]:
    if not config.path:
        yield "scenario.path is not set; name a CSV, JSON, JSONL or Parquet file: scenario.path=my/products.csv"
        return
    for name in ("cost", "valuation"):
        if getattr(config, name).distribution:
            yield f"scenario.{name} is the file's affair; draw it with scenario=drawn"
    for name in ("seller_outside", "buyer_outside"):
        each = getattr(config, name)
        if each.distribution in ("uniform", "normal") and None in (each.low, each.high):
            yield f"scenario.{name} needs low and high: every row has another opening"
    for player in PLAYERS:
        if getattr(config, f"{player}_knows") == "rival_range":
            yield f"scenario.{player}_knows=rival_range needs scenario=drawn: a file says no range"
    unknown = sorted(set(config.columns) - set(NAMES))
    if unknown:
        yield f"scenario.columns has {unknown[0]!r}; it may name {', '.join(NAMES)}"
    try:
        rows = read_rows(str(config.path), str(config.sha256))
        if len(rows) < n_games:
            yield f"{config.path} has {len(rows)} rows and n_games={n_games} asks for as many; set n_games={len(rows)}"
        for number, row in enumerate(rows[:n_games], start=1):
            try:
                found = item_of(row, config, Item("", "", None, None))
            except ValueError as error:
                raise ValueError(f"{config.path}, row {number}: {error}") from None
            for player, value in (("seller", found.valuation), ("buyer", found.cost)):
                knows = getattr(config, f"{player}_knows")
                if knows in ("rival_value", "both") and value is None:
                    yield f"{config.path}, row {number}: scenario.{player}_knows={knows} has no limit to tell"
    except ValueError as error:
        yield str(error)
    yield from drawing_problems(config, item, game)


def read_rows(path: str, sha256: str) -> tuple[Row, ...]:
    """The rows of the file, columns by their names in lower case. Raises ValueError, one line, for another file."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read ({error.strerror}); scenario.path=... says where it lies now"
        ) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"{path} has changed since the run was begun; put the file back, or start another run")
    kind = Path(path).suffix.lower()
    try:
        rows = _parsed(content, kind)
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as {kind or 'a table'}: {one_line(str(error), 120)}") from None
    bad = next((number for number, row in enumerate(rows, start=1) if not isinstance(row, dict)), None)
    if bad is not None:
        raise ValueError(f"{path}, row {bad}: it is no object with named columns")
    return tuple(dict(_flat(row)) for row in rows)


def _parsed(content: bytes, kind: str) -> list[Any]:
    if kind == ".parquet":
        import pandas as pd

        return list(pd.read_parquet(io.BytesIO(content)).to_dict("records"))
    text = content.decode("utf-8-sig")
    if kind == ".csv":
        return list(csv.DictReader(io.StringIO(text)))
    if kind == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    if kind == ".json":
        rows = json.loads(text)
        if not isinstance(rows, list):
            raise ValueError("it holds no list of rows")
        return rows
    raise ValueError("the ending must be .csv, .json, .jsonl or .parquet")


def _flat(row: Row, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        name = prefix + re.sub(r"\s+", "_", str(key).strip().lower())
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        else:
            yield name, value[0] if hasattr(value, "__len__") and not isinstance(value, str) and len(value) else value


def item_of(row: Row, config: ScenarioConfig, item: Item) -> Item:
    """The row as an item. Raises ValueError for one without a title or a list price, or with a price that is none."""
    title, description = (one_line(_text(_value(row, name, config)), _LONGEST[name]) for name in _LONGEST)
    if not title:
        raise ValueError(f"it has no title (columns: {one_line(', '.join(row), 80)})")
    asked = _price(row, "list_price", config)
    highest = _price({"list_price": row.get("highest_price")}, "list_price", config) if "highest_price" in row else None
    if asked is None and highest is None:
        raise ValueError(f"it has no list price (columns: {one_line(', '.join(row), 80)})")
    opening = max(price for price in (asked, highest) if price is not None)
    limits: dict[str, Any] = {}
    for name in ("cost", "valuation"):
        share = getattr(config, f"{name}_of_list")
        price = _price(row, name, config)
        limits[name] = round(opening * share, 2) if price is None and share is not None else price
    return replace(
        item,
        name=title,
        description=description,
        seller_opening=opening,
        buyer_opening=round(opening * config.buyer_opening_of_list, 2),
        **limits,
    )


def _value(row: Row, name: str, config: ScenarioConfig) -> Any:
    own = config.columns.get(name)
    names = NAMES[name] if own is None else (re.sub(r"\s+", "_", own.strip().lower()),)
    return next((row[each] for each in names if each in row and _text(row[each])), None)


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value).strip()


def _price(row: Row, name: str, config: ScenarioConfig) -> float | None:
    """The price under this name, None without one. Raises ValueError for what is no price above 0."""
    text = _text(_value(row, name, config))
    if not text:
        return None
    found = _PRICE.fullmatch(text)
    price = float(found[1].replace(",", "")) if found else 0.0
    if not 0 < price <= 1e12:
        raise ValueError(f"its {name.replace('_', ' ')} {one_line(text, 40)!r} is no price above 0")
    return price
