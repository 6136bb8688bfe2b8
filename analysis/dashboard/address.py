"""Widgets whose choices stand in the address: what one person sees, another sees by opening the same link.

    view = one("view", "View", ["runs", "game"])          ?view=game
    kept = several("state", "State", ["finished", ...])    ?state=finished&state=failed

A choice comes from the address when that was opened, changed or linked to, else from the widget, else from when the
widget was last seen in this session. The default does not stand in the address, nor does what no view uses. What an
address asks for in vain is said on the page (`unknown`), so that a link never silently shows something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

Choice = Callable[[str], str]
Find = Callable[[str, Sequence[str]], str]
"""The option that a word of the address means; "" for none."""
_WRITTEN, _SEEN, _USED, _UNKNOWN = "written:", "seen:", "used by this page", "asked for in vain"


def begin() -> None:
    """To be called before the first widget of a page."""
    st.session_state[_USED] = set()
    st.session_state[_UNKNOWN] = []


def end() -> None:
    """To be called after the last one: takes out of the address what no widget of this page knows."""
    for key in [key for key in st.query_params if key not in st.session_state[_USED]]:
        del st.query_params[key]
        st.session_state[_WRITTEN + key] = ()


def unknown() -> list[str]:
    """What the address asked for in vain, as it stood there: ["game=999"]. To be called after the last widget."""
    found: list[str] = st.session_state[_UNKNOWN]
    return found


def _exactly(said: str, options: Sequence[str]) -> str:
    return said if said in options else ""


def go(**choices: str | Sequence[str]) -> None:
    """Makes these the choices of the next page: a link, for a callback. Nothing ("" or []) means the default."""
    for key, value in choices.items():
        st.session_state.pop(_SEEN + key, None)
        if value:
            st.query_params[key] = value
        else:
            st.query_params.pop(key, None)


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
    said = tuple(st.query_params.get_all(key))
    state, name = st.session_state, f"in:{key}"
    if said != state.get(_WRITTEN + key, ()):
        state[name] = read(said)
        state[_UNKNOWN] += [f"{key}={each}" for each in said if not known(each)]
    elif name not in state:
        state[name] = read(state.get(_SEEN + key, ()))
    elif not fits(state[name]):
        state[name] = read(())


def _record(key: str, value: Any, said: tuple[str, ...]) -> Any:
    """Writes the choice to the address and remembers it."""
    state = st.session_state
    state[_USED].add(key)
    if tuple(st.query_params.get_all(key)) != said:
        if said:
            st.query_params[key] = list(said)
        else:
            st.query_params.pop(key, None)
    state[_WRITTEN + key] = state[_SEEN + key] = said
    return value


def _reader(shown: Choice | Mapping[str, str]) -> Choice:
    return shown if callable(shown) else lambda option: shown.get(option, option)
