"""Where a sweep lies and what its cells are: by their configs, never by their numbers or by the words of the command.

A sweep is the set of its cells' identities. So the same overrides in another order are the same sweep, an edited prompt
makes another one, and a cell is found again in whatever directory it was begun.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from bargain.config.compose import checked, checked_before, compose, composed, plain_of
from bargain.config.explain import explain
from bargain.config.files import task_overrides
from bargain.config.identity import extends, identity, sweep_identity
from bargain.config.places import register_place, without_hydra
from bargain.config.recorded import choose_run, is_finished, recorded_config, recorded_identity
from bargain.errors import ConfigError
from bargain.rundir.directory import Mark, new_directory, newest_first, read_state
from bargain.rundir.record import Record, holds_games, read_record
from bargain.rundir.sweep import SWEEP, runs_below
from bargain.runs.build import build_engines
from bargain.sweeps.cells import cells_of, is_hydras_own, missing_extra
from bargain.text import on_screen


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """A cell as its sweep begins: what it says and the identity of its run, "" where it cannot be played."""

    overrides: tuple[str, ...]
    identity: str
    retry_failed: bool = False
    is_replay: bool = False
    problem: str = ""
    """Why it cannot be played: what its config lacks, or a key that is not set."""
    is_config: bool = True
    """Whether its overrides make a config at all, good or bad."""


def planned_cells(config: DictConfig, overrides: Sequence[str]) -> list[PlannedCell] | None:
    """The cells of a sweep, in order, composed; None where another sweeper than Hydra's own decides what is played.

    config: the sweep's own, composed by the Hydra that is initialised now.
    """
    if not is_hydras_own(config):
        return None
    return [planned_cell(tuple(cell)) for cell in cells_of(config, overrides)]


_planned: dict[tuple[str, ...], PlannedCell] = {}
"""The cells that this command has composed: it asks for them before it plays, when it chooses a directory and after."""


def planned_cell(overrides: tuple[str, ...]) -> PlannedCell:
    """The cell of these overrides (none of Hydra's own), composed once for a command."""
    if overrides not in _planned:
        is_config = False
        try:
            config = composed(overrides)
            is_config = True
            keep_cell(overrides, checked(config))
        except (ConfigError, HydraException, OmegaConfBaseException) as error:
            problem = str(error) if isinstance(error, ConfigError) else explain(error, overrides)
            _planned[overrides] = PlannedCell(overrides, "", problem=problem, is_config=is_config)
    return _planned[overrides]


def keep_cell(overrides: tuple[str, ...], cfg: DictConfig) -> None:
    """Remembers of a checked cell what its sweep has to know."""
    problem = ""
    try:
        build_engines(cfg)
    except ConfigError as error:
        problem = str(error)
    is_replay = cfg.mode == "replay"
    _planned[overrides] = PlannedCell(overrides, identity(plain_of(cfg)), bool(cfg.retry_failed), is_replay, problem)


def forget_cells() -> None:
    """What the next command composes may come from other files."""
    _planned.clear()


def identity_of_sweep(cells: Sequence[PlannedCell] | None, overrides: Sequence[str]) -> str:
    """A short hash of what is played, whatever the order; of the overrides, where the cells are not known."""
    if cells is None:
        return sweep_identity(overrides)
    known = sorted(cell.identity or sweep_identity(cell.overrides) for cell in cells)
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]


def sweep_place(root: Path, config: DictConfig) -> Path:
    """The directory of a sweep: the newest unfinished one of exactly these cells, or a new one."""
    assert GlobalHydra.instance().is_initialized()
    for part in (config.hydra.launcher, config.hydra.sweeper):
        if problem := missing_extra(str(part._target_)):
            raise ConfigError(problem)
    overrides = task_overrides(config)
    planned = planned_cells(config, overrides)
    wanted = identity_of_sweep(planned, overrides)
    twins: list[Path] = []

    def goes_on(path: Path) -> bool:
        state = read_state(path, SWEEP)
        if state.get("identity") != wanted:
            return False
        if state.get("state") == "finished":
            twins.append(path)
        return state.get("state") != "finished"

    resume = "never" if "resume=never" in overrides else "auto"
    unfinished = next(filter(goes_on, newest_first(root)), None) if resume != "never" else None
    refuse_unplayable(planned, unfinished, where_begun(unfinished, planned) if unfinished else {})
    chosen = unfinished.resolve() if unfinished else new_directory(root, "sweep", Mark(wanted, SWEEP))
    if twins and not read_state(chosen, SWEEP).get("overrides"):
        twin = on_screen(str(twins[0]))
        print(f"the same sweep was played in {twin}; it is played again (bargain resume={twin} shows it)", flush=True)
    return chosen


def begun_cells(sweep: Path) -> Iterator[Record]:
    """The cells of a sweep that have a journal, wherever below it they lie."""
    for path in runs_below(sweep):
        record = read_record(path)
        if record is not None:
            yield record


def where_begun(sweep: Path, cells: Sequence[PlannedCell] | None) -> dict[str, str]:
    """Where the runs lie that a sweep holds already, relative to it, by the identity of the cell that goes on there.

    A run that is none of these cells goes on as the first that extends it (more games, more rounds). Raises ConfigError
    if there is none: the directory holds another sweep. cells: None where they are not known before they are played.
    """
    planned = None if cells is None else {cell.identity for cell in cells}
    found: dict[str, str] = {}
    others: list[Record] = []
    for record in begun_cells(sweep):
        own = recorded_identity(record)
        if planned is None or own in planned:
            found[own] = str(record.directory.relative_to(sweep))
        else:
            others.append(record)
    configs = {cell.identity: plain_of(compose(cell.overrides)) for cell in cells or () if others and cell.identity}
    for record in others:
        place, recorded = str(record.directory.relative_to(sweep)), plain_of(recorded_config(record.directory))
        extended = [identity_ for identity_, config in configs.items() if extends(recorded, config)]
        if not extended:
            raise ConfigError(
                f"{sweep} holds another sweep: {place} is none of these cells; choose another hydra.sweep.dir, or name "
                "the cells that are there as well"
            )
        found |= {identity_: place for identity_ in [each for each in extended if each not in found][:1]}
    return found


def refuse_unplayable(cells: Sequence[PlannedCell] | None, sweep: Path | None, begun: Mapping[str, str]) -> None:
    """Raises ConfigError for a key of any cell that is not set, a choice that is none, and where no cell can be played.

    A cell that is finished needs no key. begun: as `where_begun` says. A cell with a bad config beside good ones is
    told of when its turn comes.
    """
    left = [cell for cell in cells or () if sweep is None or finished_run(sweep, begun, cell) is None]
    without_key = list(dict.fromkeys(cell.problem for cell in left if cell.problem and cell.identity))
    if without_key:
        raise ConfigError("; ".join(without_key))
    refused = [cell for cell in left if not cell.is_config]
    if refused or (left and all(cell.problem for cell in left)):
        raise ConfigError([*refused, *left][0].problem)


def finished_run(sweep: Path, begun: Mapping[str, str], cell: PlannedCell) -> Path | None:
    """The directory of a cell that needs no playing; None for one that does. begun: as `where_begun` says."""
    record = read_record(sweep / begun[cell.identity]) if cell.identity in begun else None
    if record is None or cell.is_replay or not cell.identity:
        return None
    finished = is_finished(record, cell.identity, retry_failed=cell.retry_failed)
    return record.directory if finished else None


def cell_directory(sweep: Path, given: Path, wanted: str, begun: Mapping[str, str]) -> Path:
    """Where a cell is played: where its run lies already, else in `given`, the directory that Hydra made for it.

    begun: as `where_begun` says. Another's run is left alone, whatever number its directory has.
    """
    if wanted in begun:
        return sweep / begun[wanted]
    if not begun or (read_record(given) is None and not holds_games(given)):
        return given
    return given.with_name(f"{given.name}-{wanted[:8]}")


def _playable_run_place(root: Path, config: DictConfig) -> Path:
    """The directory of a run whose keys are set; else nothing is made. Raises ConfigError."""
    played = checked_before(without_hydra(config))
    build_engines(played)
    return choose_run(root, played)


def register_places() -> None:
    """Makes the resolvers of hydra.run.dir and hydra.sweep.dir; safe to call twice."""
    register_place("run", _playable_run_place)
    register_place("sweep", sweep_place)
