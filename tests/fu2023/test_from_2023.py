"""docs/from-2023.md: every command there composes, and every 2023 flag is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bargain import compose
from bargain.sweeps.estimate import swept

TABLE = (Path(__file__).parent.parent.parent / "docs" / "from-2023.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"`bargain ((?:-m )?(?:experiment|game)=[^`]*)`", TABLE)))
FLAGS = re.findall(
    r"\w+",
    """seller_engine seller_critic_engine seller_instruction seller_critic_instruction buyer_engine buyer_instruction
    buyer_critic_engine buyer_critic_instruction moderator_instruction moderator_engine moderator_trace_n_history
    verbose api_key anthropic_api_key ai21_api_key cohere_api_key game_type n_exp n_round n_rollout cost_price
    seller_init_price buyer_init_price output_path ver game_version""",
)


def test_every_flag_of_2023_has_its_place() -> None:
    assert [flag for flag in FLAGS if f"--{flag}" not in TABLE] == []


def test_there_is_a_command_for_each_recorded_experiment() -> None:
    assert len(COMMANDS) >= 20


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_table_composes(command: str) -> None:
    arguments = shlex.split(command)
    if arguments[0] == "-m":
        assert len(swept(arguments[1:])) > 1
    else:
        compose(arguments)
