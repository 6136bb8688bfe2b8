"""What one report asks many times is found once: under `remembered()`, by the object and what else it was asked with.

Nothing is remembered outside of it, where somebody may have changed a frame since. What `once` gives is read only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Asked = TypeVar("Asked")
_known: ContextVar[dict[Any, tuple[Any, Any]] | None] = ContextVar("remembered", default=None)


@contextmanager
def remembered() -> Iterator[None]:
    """Within it, what is made by `once` is kept, to the end of the outermost."""
    if _known.get() is not None:
        yield
        return
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def once(find: Callable[Concatenate[Asked, P], R]) -> Callable[Concatenate[Asked, P], R]:
    """The function, or method, as one that asks only once for each first argument (by identity) and others."""

    @wraps(find)
    def found(asked: Asked, /, *rest: P.args, **named: P.kwargs) -> R:
        known = _known.get()
        if known is None:
            return find(asked, *rest, **named)
        key = (find, id(asked), rest, tuple(sorted(named.items())))
        if key not in known:
            known[key] = asked, find(asked, *rest, **named)  # who is kept keeps its identity
        answer: R = known[key][1]
        return answer

    return found
