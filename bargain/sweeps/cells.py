"""How many cells of a sweep play at the same time, by what its launcher says of itself.

It knows the launchers of conf/hydra/launcher/ by name and imports one only when it is chosen. Where nothing is known,
all cells may play at once: limits that are divided too finely are slow, limits that are multiplied are refused.
"""

from __future__ import annotations

import importlib.util
import math
import re
import warnings
from collections.abc import Sequence
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

# These files of conf/hydra/ are meant to be the plugins' own choices of these names, with our values.
# Said here because the processes of a pool import this room before they compose.
warnings.filterwarnings(
    "ignore",
    r"\s*'hydra/(launcher/(joblib|ray)|sweeper/sampler/tpe)' is validated against ConfigStore schema",
    UserWarning,
)


EXTRAS = {
    r"hydra_joblib_launcher": ("hydra_joblib_launcher", "sweep"),
    r"hydra_submitit_launcher|submitit_slurm": ("hydra_submitit_launcher", "slurm"),
    r"hydra_ray_launcher": ("hydra_ray_launcher", "ray"),
    r"hydra_optuna_sweeper": ("hydra_optuna_sweeper", "optuna"),
}
"""By what names it, a plugin and the extra of bargain that installs it."""


def missing_extra(text: str) -> str:
    """What to install, when a plugin that this target or error names is not there; "" for any other text."""
    for names, (plugin, extra) in EXTRAS.items():
        if re.search(names, text) and importlib.util.find_spec(f"hydra_plugins.{plugin}") is None:
            return f"this {plugin.rpartition('_')[2]} needs its extra: pip install 'bargain-experiments[{extra}]'"
    return ""


def cells_of(config: DictConfig, overrides: Sequence[str]) -> list[list[str]]:
    """The overrides of each cell, as Hydra's own sweeper splits these ones, the sweep of an experiment's file included.

    config: composed by the Hydra that is initialised now.
    """
    parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
    params = [f"{key}={value}" for key, value in (config.hydra.sweeper.get("params") or {}).items()]
    (cells,) = BasicSweeper.split_arguments(parser.parse_overrides([*params, *overrides]), None)
    return cells


def is_hydras_own(config: DictConfig) -> bool:
    """Whether Hydra's own sweeper is at work, whose cells can be told beforehand."""
    return str(config.hydra.sweeper._target_).endswith(".BasicSweeper")


def cells_at_once(config: DictConfig, cells: int | None) -> int:
    """How many cells play at the same time at most. `cells`: how many there are, None if nobody knows."""
    launcher = config.hydra.launcher
    kind = str(launcher._target_).rpartition(".")[2]
    bounds = [] if cells is None else [cells]
    bounds += [
        int(config.hydra.sweeper.get(key)) for key in ("max_batch_size", "n_jobs") if config.hydra.sweeper.get(key)
    ]
    if kind == "BasicLauncher":
        bounds.append(1)
    elif kind == "JoblibLauncher":
        bounds.append(_workers(int(launcher.n_jobs)))
    elif kind == "SlurmLauncher":
        bounds.append(int(launcher.array_parallelism))
    elif kind == "RayLauncher":
        bounds += _ray_places(launcher.ray)
    return max(1, min(bounds)) if bounds else 1


def _workers(n_jobs: int) -> int:
    from joblib import effective_n_jobs  # type: ignore[import-untyped]

    return int(effective_n_jobs(n_jobs))


def _ray_places(settings: DictConfig) -> list[int]:
    """How many cells the nodes of the Ray cluster have room for, [] when a cell needs nothing that is counted.

    Connects to the cluster (or starts one) as the launcher will; it finds Ray running then.
    """
    import ray

    if not ray.is_initialized():
        ray.init(**_plain(settings.init))
    remote = _plain(settings.remote)
    needs = {"CPU": remote.get("num_cpus", 1), "GPU": remote.get("num_gpus", 0), **(remote.get("resources") or {})}
    needs = {name: amount for name, amount in needs.items() if amount}
    if not needs:
        return []
    nodes = [
        node["Resources"]
        for node in ray.nodes()  # type: ignore[no-untyped-call]
        if node["Alive"]
    ]
    return [sum(min(math.floor(node.get(name, 0) / amount) for name, amount in needs.items()) for node in nodes)]


def _plain(node: DictConfig) -> dict[str, Any]:
    plain = OmegaConf.to_container(node, resolve=True)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}
