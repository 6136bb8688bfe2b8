"""What a run or a sweep will play, call and cost, before its first call.

    bargain estimate=true experiment=paper/infinite          prints the table and stops
    bargain -m experiment=paper/fig5                         a sweep prints it before it starts

The expected figures assume the turns that a round usually takes and words of the usual length; the worst case is every
exchange played, every reply as long as its limit allows, nothing asked again. 4 characters count as a token. It reads
configs and makes no call, builds no engine and needs no key.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bargain.calls.pricing import price_of
from bargain.channels.base import Channel
from bargain.config.asked import another_played, critic_asked, learner_asked, moderator_asked
from bargain.config.compose import compose, register_with_hydra
from bargain.config.files import config_dir
from bargain.config.follow import critic_seat, engines_of, words_seat
from bargain.config.targets import locate
from bargain.engines.base import Engine
from bargain.errors import ConfigError
from bargain.games.rounds.base import RoundProtocol
from bargain.records import Usage, probe_seat
from bargain.results.tables import PLAIN, width_of
from bargain.runs.resuming import is_hydras
from bargain.sweeps.cells import cells_of, is_hydras_own
from bargain.sweeps.places import forget_cells, keep_cell

TURN_TOKENS = 30
FEEDBACK_TOKENS = 110
LONGEST_TURN_TOKENS = 200
"""Where an engine sets no max_tokens."""
CELLS_LOOKED_AT = 60


@dataclass
class Tokens:
    """Calls and tokens of one seat."""

    calls: float = 0.0
    input: float = 0.0
    output: float = 0.0

    def add(self, calls: float, input_tokens: float, output_tokens: float) -> None:
        """Counts calls with so many tokens in all."""
        self.calls += calls
        self.input += input_tokens
        self.output += output_tokens


@dataclass(frozen=True)
class Estimate:
    """One run: games and rounds, and per seat the expected and the worst calls and tokens.

    turns: of a round as a rule, without hard-coded openings. cost_usd and worst_usd are None where the price of an
    engine is unknown; `unknown` names those engines.
    """

    games: int
    rounds: int
    turns: int
    expected: dict[str, Tokens]
    worst: dict[str, Tokens]
    cost_usd: float | None
    worst_usd: float | None
    engines: dict[str, str]
    unknown: tuple[str, ...] = ()
    choices: dict[str, str] = field(default_factory=dict)
    max_cost_usd: float | None = None
    sweep_max_cost_usd: float | None = None

    def total(self, which: dict[str, Tokens]) -> Tokens:
        """All seats together."""
        sums = Tokens()
        for each in which.values():
            sums.add(each.calls, each.input, each.output)
        return sums


def estimate(cfg: DictConfig) -> Estimate:
    """What the run of a checked config will play and cost. Counts are of the whole run."""
    game = cfg.game
    arms = max(1, len(game.arms))
    chains = [(1, 1)] + [(arms, number) for number in range(2, game.n_rounds + 1)]
    rounds = sum(count for count, _ in chains)
    expected, worst = (_seats(cfg, chains, worst=which) for which in (False, True))
    cost, unknown = _cost(cfg, expected)
    worst_cost, _ = _cost(cfg, worst)
    names = {seat: str(config.name or config.model) for seat, config in engines_of(cfg).items()}
    caps = {"max_cost_usd": cfg.limits.max_cost_usd, "sweep_max_cost_usd": cfg.limits.sweep_max_cost_usd}
    turns, _ = _protocol(cfg).asked_turns(game)
    return Estimate(cfg.n_games, rounds * cfg.n_games, turns, expected, worst, cost, worst_cost, names, unknown, **caps)


def _seats(cfg: DictConfig, chains: Sequence[tuple[int, int]], *, worst: bool) -> dict[str, Tokens]:
    game = cfg.game
    turns = _protocol(cfg).asked_turns(game)[worst]
    dialogue = turns + (game.seller_opens != "free") + (game.buyer_opens != "free")
    seats = {seat: Tokens() for seat in engines_of(cfg)}
    channel: type[Channel] = locate(cfg.channel._target_, list(cfg.allow_targets))
    judged = moderator_asked(cfg)
    said = {role: _reply_tokens(cfg[role].engine, worst) for role in ("seller", "buyer")}
    per_turn = (said["seller"] + said["buyer"]) / 2
    sources = list(game.arms.values()) or [cfg.feedback]
    others = [(sum(another_played(cfg, source) for source in sources), 1) for _ in range(1, game.n_rounds)]
    for count, number in [*chains, *others]:
        games = count * cfg.n_games
        for role in ("seller", "buyer"):
            calls = turns / 2
            history = _history(cfg, number, dialogue, per_turn) if role in game.learners else 0
            prompt = _prompt_tokens(cfg, role) + history
            growing = per_turn * sum(2 * each + 1 for each in range(round(calls)))
            seats[role].add(games * calls, games * (calls * prompt + growing), games * calls * said[role])
            if channel.talks and (words := cfg[role].worded_by) is not None:
                told = calls * (_prompt_tokens(cfg, "words") + TURN_TOKENS) + growing
                output = games * calls * _reply_tokens(words, worst)
                seats[words_seat(role)].add(games * calls, games * told, output)
        if judged:
            _add_moderator(cfg, seats, games, turns, dialogue, per_turn, worst)
    _add_probes(cfg, seats, chains, dialogue, per_turn, worst)
    played = (game.n_rounds - 1) * cfg.n_games
    for learner in game.learners:
        told = _prompt_tokens(cfg, learner) + _history(cfg, game.n_rounds // 2 + 1, dialogue, per_turn)
        seen = _prompt_tokens(cfg, "critic") + dialogue * (per_turn + 12)
        for source in sources:
            if critic_asked(cfg, source):
                seat = critic_seat(learner, source)
                words = _reply_tokens(engines_of(cfg)[seat], worst, FEEDBACK_TOKENS)
                seats[seat].add(played, played * seen, played * words)
            answers = played * ((source.acknowledge == "ask") + learner_asked(cfg, source))
            seats[learner].add(answers, answers * told, answers * said[learner])
    return {seat: tokens for seat, tokens in seats.items() if tokens.calls}


def _protocol(cfg: DictConfig) -> type[RoundProtocol]:
    protocol: type[RoundProtocol] = locate(cfg.protocol._target_, list(cfg.allow_targets))
    return protocol


def _add_moderator(
    cfg: DictConfig, seats: dict[str, Tokens], games: int, turns: int, dialogue: int, per_turn: float, worst: bool
) -> None:
    moderator = cfg.moderator
    threshold = moderator.no_deal_threshold or turns
    if worst:
        calls = float(min(turns, threshold))
    elif moderator.start == "no_number":
        calls = 1.0
    elif moderator.start == "no_offer":
        calls = max(1.0, turns / 4)
    else:
        late = re.fullmatch(r"turn_(\d+)", moderator.start)
        calls = float(min(max(1, turns - (int(late[1]) - 2 if late else 0)), threshold))
    if moderator.gate == "rules" and not worst:
        calls = max(0.5, calls / 3)
    window = min(moderator.window or dialogue, dialogue)
    prompt = _prompt_tokens(cfg, "moderator") + window * (per_turn + 12)
    short = {"yes_no": 2, "reason_first": 40}.get(moderator.name, 50)
    output = _reply_tokens(moderator.engine, worst, short)
    seats["moderator"].add(games * calls, games * calls * prompt, games * calls * output)


def _add_probes(
    cfg: DictConfig,
    seats: dict[str, Tokens],
    chains: Sequence[tuple[int, int]],
    turns: int,
    per_turn: float,
    worst: bool,
) -> None:
    """What is asked off the record after so many turns of a round; at worst everything twice."""
    probe = cfg.probe
    after = range(1, turns + 1) if probe.after == "every" else [turn for turn in probe.after if turn <= turns]
    for role in probe.who if probe.name != "none" else ():
        told = _prompt_tokens(cfg, role) + len(probe.texts[role]) / 4
        words = _reply_tokens(cfg[role].engine, worst)
        for count, number in chains:
            history = _history(cfg, number, turns, per_turn) if role in cfg.game.learners else 0.0
            calls = count * cfg.n_games * (1 + worst)
            prompts = len(after) * (told + history) + per_turn * sum(after)
            seats[probe_seat(role)].add(calls * len(after), calls * prompts, calls * len(after) * words)


def _history(cfg: DictConfig, number: int, turns: float, per_turn: float) -> float:
    """Tokens of what a learner carries into round `number`."""
    kept = number - 1
    if cfg.memory.name == "none":
        return 0.0
    if cfg.memory.name == "last_k":
        kept = min(kept, cfg.memory.rounds)
    dialogue = 0.0 if cfg.memory.name == "feedback_only" else turns * per_turn
    return kept * (dialogue + FEEDBACK_TOKENS + 90)


def _prompt_tokens(cfg: DictConfig, role: str) -> float:
    prompt = cfg.prompt[role]
    texts = [prompt.system, *(text for example in prompt.few_shot for text in example.values())]
    if role in ("critic", "moderator"):
        moderator = locate(cfg.moderator._target_, list(cfg.allow_targets))
        kind = getattr(moderator, "answer", "") or cfg.moderator.name
        texts += [prompt.texts.get("advise", ""), prompt.texts.get(kind, "")]
    return sum(len(text or "") for text in texts) / 4


def _reply_tokens(engine: Any, worst: bool, usual: int = TURN_TOKENS) -> float:
    return float((engine.max_tokens or max(LONGEST_TURN_TOKENS, usual)) if worst else usual)


def _cost(cfg: DictConfig, seats: dict[str, Tokens]) -> tuple[float | None, tuple[str, ...]]:
    """Dollars of all seats, None if a price is unknown, and the engines whose price is."""
    total, unknown = 0.0, []
    configs = engines_of(cfg)
    for seat, tokens in seats.items():
        config = configs[seat]
        target = locate(config._target_, list(cfg.allow_targets))
        price = price_of(config, target if isinstance(target, type) else Engine)
        if price is None:
            unknown.append(str(config.name or config.model))
            continue
        mean = Usage(round(tokens.input / tokens.calls), round(tokens.output / tokens.calls), calls=1)
        total += tokens.calls * price.cost_usd(mean)
    return (None, tuple(sorted(set(unknown)))) if unknown else (total, ())


def swept(overrides: Sequence[str]) -> list[list[str]]:
    """The overrides of each cell of `bargain -m overrides`; [] where a sweeper chooses them as it goes."""
    register_with_hydra()
    plain = [override for override in overrides if not override.startswith("hydra/") or "=" in override]
    parser = OverridesParser.create()
    first = [override for override in plain if not parser.parse_override(override).is_sweep_override()]
    with initialize_config_dir(str(config_dir()), version_base="1.3", job_name="bargain"):
        config = hydra_compose("config", first, return_hydra_config=True)
        return cells_of(config, plain) if is_hydras_own(config) else []


def preview(arguments: Sequence[str], *, sweep: bool, strict: bool = True) -> str:
    """The table of what a command with these arguments will play, as text.

    Raises ConfigError for a cell that cannot be played; strict=False leaves such a cell out: the sweep itself will say
    what is wrong with it, and play the others.
    """
    forget_cells()
    options, _ = get_args_parser().parse_known_args(list(arguments))
    overrides = list(options.overrides)
    cells = swept(overrides) if sweep else [overrides]
    if not cells:
        return "a search: its sweeper chooses the cells as it goes; estimate=true of one of them says what each costs"
    looked_at = cells[:CELLS_LOOKED_AT]
    differing = [key for key in _keys(cells) if len({_value(cell, key) for cell in cells}) > 1]
    found = []
    for cell in looked_at:
        shown = {key: _value(cell, key) for key in differing}
        try:
            cfg = compose([each for each in cell if not _is_hydras(each)])
            keep_cell(tuple(each for each in cell if not is_hydras(each)), cfg)
            found.append((shown, estimate(cfg)))
        except ConfigError:
            if strict:
                raise
    return _render(found, len(cells)) if found else ""


def _is_hydras(override: str) -> bool:
    """Whether this says how cells are carried out; where configs are found says what they are."""
    return override.startswith("hydra") and not override.startswith("hydra.searchpath=")


def _keys(cells: Iterable[Sequence[str]]) -> list[str]:
    keys: dict[str, None] = {}
    for cell in cells:
        keys |= {each.partition("=")[0]: None for each in cell}
    return list(keys)


def _value(cell: Sequence[str], key: str) -> str:
    return next((each.partition("=")[2] for each in cell if each.partition("=")[0] == key), "")


def estimates(cells: Sequence[tuple[dict[str, str], DictConfig]]) -> str:
    """The same table of cells that are at hand as checked configs, each with what names it in the table."""
    return _render([(shown, estimate(cfg)) for shown, cfg in cells], len(cells))


def _render(found: Sequence[tuple[dict[str, str], Estimate]], n_cells: int) -> str:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    keys = list(found[0][0])
    for key in keys:
        table.add_column(key.rpartition("@")[2].replace(".engine", ""), overflow="fold")
    for name in ("games", "rounds", "calls", "tokens in", "tokens out", "cost", "at worst"):
        table.add_column(name, justify="right")
    for shown, each in found:
        table.add_row(*shown.values(), *_row([each]))
    if len(found) > 1:
        table.add_section()
        table.add_row(*(["all"] + [""] * (len(keys) - 1))[: len(keys)], *_row([each for _, each in found]))
    counts = [each.turns for _, each in found]
    notes = [f"{n_cells} {'cell' if n_cells == 1 else 'cells'}"]
    if n_cells > len(found):
        notes.append(f"the first {len(found)} are shown")
    turns = " to ".join(map(str, sorted({min(counts), max(counts)})))
    notes.append(f"expecting {turns} turns a round; at worst every exchange is played, at full length")
    notes += _caps([each for _, each in found], n_cells)
    unknown = sorted({name for _, each in found for name in each.unknown})
    if unknown:
        notes.append(f"no price is known for {', '.join(unknown)}")
    console = Console(width=None if sys.stdout.isatty() else max(140, width_of(table)), **PLAIN)
    with console.capture() as capture:
        console.print(table)
        console.print(Text("; ".join(notes)))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _caps(estimates: Sequence[Estimate], n_cells: int) -> list[str]:
    """Whose each cap is."""
    own = {each.max_cost_usd for each in estimates}
    shared = {each.sweep_max_cost_usd for each in estimates}
    notes = []
    if n_cells > 1 and len(own) == 1 and (cap := own.pop()) is not None:
        notes.append(f"limits.max_cost_usd={cap:g} is each cell's: {n_cells} cells may spend ${n_cells * cap:,.2f}")
        if shared == {None}:
            notes.append("limits.sweep_max_cost_usd caps them together")
    if n_cells > 1 and len(shared) == 1 and (cap := shared.pop()) is not None:
        notes.append(f"limits.sweep_max_cost_usd={cap:g} is the whole sweep's")
    return notes


def _row(estimates: Sequence[Estimate]) -> list[str]:
    expected, worst = Tokens(), Tokens()
    for each in estimates:
        for sums, which in ((expected, each.expected), (worst, each.worst)):
            total = each.total(which)
            sums.add(total.calls, total.input, total.output)
    return [
        f"{sum(each.games for each in estimates):,}",
        f"{sum(each.rounds for each in estimates):,}",
        f"{expected.calls:,.0f}",
        _short(expected.input),
        _short(expected.output),
        _usd([each.cost_usd for each in estimates]),
        _usd([each.worst_usd for each in estimates]),
    ]


def _short(tokens: float) -> str:
    return f"{tokens / 1e6:,.1f} M" if tokens >= 1e6 else f"{tokens / 1e3:,.0f} k"


def _usd(costs: Sequence[float | None]) -> str:
    known = [cost for cost in costs if cost is not None]
    if not known:
        return "unknown"
    text = f"${sum(known):,.2f}" if sum(known) else "$0"
    return text if len(known) == len(costs) else f"{text} + unknown"
