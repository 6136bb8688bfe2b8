"""What is left out of Hydra's composing is missed by no config."""

from __future__ import annotations

from pathlib import Path

from bargain import compose
from bargain.config.arguments import in_quotes


def test_a_reference_in_a_defaults_list_finds_the_choice_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "own" / "seed").mkdir(parents=True)
    named = "# @package _global_\ndefaults: [{seed: '${own}'}, _self_]\nn_games: 3\n"
    (tmp_path / "own" / "mine.yaml").write_text(named)
    (tmp_path / "own" / "seed" / "mine.yaml").write_text("# @package _global_\nseed: 7\n")
    cfg = compose([f"hydra.searchpath=[{in_quotes(str(tmp_path))}]", "+own=mine"])
    assert (cfg.n_games, cfg.seed) == (3, 7)


def test_what_is_done_to_one_config_is_in_no_other() -> None:
    first = compose(["tracking=none"])
    kept = first.copy()
    first.item.cost = 3
    first.seller.engine.model = "other"
    assert compose(["tracking=none"]) == kept
