"""Widgets whose choices stand in the address: what one person sees, another sees by opening the same link.

    view = one("view", "View", ["runs", "game"])          ?view=game
    kept = several("state", "State", ["finished", ...])    ?state=finished&state=failed

A choice comes from the address when that was opened, changed or linked to, else from the widget, else from when the
widget was last seen in this session. The default does not stand in the address, nor does what no view uses. What an
address asks for in vain is said on the page (`unknown`), so that a link never silently shows something else.

The address is written once, at the end of a page on which a choice has changed: each writing is a step for the
browser's Back, and one that the page made by itself would be made again whenever Back comes to what lies before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

Choice = Callable[[str], str]
Find = Callable[[str, Sequence[str]], str]
"""The option that a word of the address means; "" for none."""
_SEEN, _CHOSEN, _BEFORE = "seen:", "chosen on this page", "chosen on the page before"
_READ, _LINKED, _UNKNOWN = "the address as it was read", "linked to", "asked for in vain"


def begin() -> None:
    """To be called before the first widget of a page."""
    st.session_state[_CHOSEN] = {}
    st.session_state[_UNKNOWN] = []


def end() -> None:
    """To be called after the last one: puts into the address what was chosen, and nothing else, if that has changed."""
    state = st.session_state
    chosen = {key: list(said) for key, said in state[_CHOSEN].items() if said}
    if chosen != state.setdefault(_BEFORE, chosen):
        st.query_params.from_dict(chosen)
    state[_BEFORE] = chosen
    state[_READ] = {key: tuple(st.query_params.get_all(key)) for key in st.query_params}
    state[_LINKED] = {}


def unknown() -> list[str]:
    """What the address asked for in vain, as it stood there: ["game=999"]. To be called after the last widget."""
    found: list[str] = st.session_state[_UNKNOWN]
    return found


def _exactly(said: str, options: Sequence[str]) -> str:
    return said if said in options else ""


def go(**choices: str | Sequence[str]) -> None:
    """Makes these the choices of the next page: a link, for a callback. Nothing ("" or []) means the default."""
    st.session_state[_LINKED] = {
        key: () if not value else (value,) if isinstance(value, str) else tuple(value) for key, value in choices.items()
    }


def one(
    key: str,
    label: str,
    options: Sequence[str],
    default: str = "",
    *,
    shown: Choice | Mapping[str, str] = str,
    find: Find = _exactly,
    widget: Callable[..., Any] = st.selectbox,
    **more: Any,
) -> str:
    """One of the options, by default the first; "" when there are none. `shown` says how an option reads."""
    if not options:
        return ""
    default = default if default in options else options[0]

    def read(said: Sequence[str]) -> str:
        return (find(said[0], options) if said else "") or default

    _prepare(key, read, lambda each: find(each, options), lambda value: value in options)
    value = widget(label, list(options), format_func=_reader(shown), key=f"in:{key}", **more)
    picked: str = _record(key, value, () if value == default else (value,))
    return picked


def several(
    key: str,
    label: str,
    options: Sequence[str],
    *,
    shown: Choice | Mapping[str, str] = str,
    find: Find = _exactly,
    **more: Any,
) -> list[str]:
    """Any of the options, in their order; by default none."""

    def read(said: Sequence[str]) -> list[str]:
        meant = {find(each, options) for each in said}
        return [each for each in options if each in meant]

    _prepare(key, read, lambda each: find(each, options), lambda value: all(each in options for each in value))
    value = st.multiselect(label, list(options), format_func=_reader(shown), key=f"in:{key}", **more)
    picked: list[str] = _record(key, value, tuple(value))
    return picked


def _prepare(key: str, read: Callable[[Sequence[str]], Any], known: Choice, fits: Callable[[Any], bool]) -> None:
    """Sets the widget's value where it is not the widget that decides."""
    state, name = st.session_state, f"in:{key}"
    said = tuple(st.query_params.get_all(key))
    linked = state.get(_LINKED, {}).pop(key, None)
    if linked is not None or said != state.get(_READ, {}).get(key, ()):
        said = said if linked is None else linked
        state[name] = read(said)
        state[_UNKNOWN] += [f"{key}={each}" for each in said if not known(each)]
    elif name not in state:
        state[name] = read(state.get(_SEEN + key, ()))
    elif not fits(state[name]):
        state[name] = read(())


def _record(key: str, value: Any, said: tuple[str, ...]) -> Any:
    """Notes the choice, for the address and for when this widget is seen again."""
    st.session_state[_CHOSEN][key] = st.session_state[_SEEN + key] = said
    return value


def _reader(shown: Choice | Mapping[str, str]) -> Choice:
    return shown if callable(shown) else lambda option: shown.get(option, option)
