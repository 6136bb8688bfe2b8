"""What cells are called: by what varies, in a few words; the text of a prompt is never a name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bargain.analysis import load
from bargain.analysis.data.once import remembered
from bargain.analysis.data.prompts import changes
from bargain.analysis.data.run_facts import who_is_simulated
from bargain.analysis.figures import FIGURES, NotEnough
from bargain.rundir.sweep import choices_of
from bargain.sweeps.comparing import read_cells
from bargain.text import name_of
from bargain.tracking.base import run_info
from tests.run_maker import config, make_run

TEXTS = (
    "You are patient.\nYou never name a price first.",
    "word " * 2000,
    "x" * 10_000,
    "<b onclick=alert(1)>You</b> are <i>patient</i> & you wait, always, for the other side.",
    r"You take $x_1 & 100\% of {it} #1 ~ \input{/etc/passwd}, and \textbf{nothing} else.",
    "=HYPERLINK(0)\r\n\tand more",
)
MARKS = ("patient", "never", "word word", "xxxxxxxxxxxx", "onclick", "passwd", "HYPERLINK")


def long_name(text: str) -> bool:
    return len(text) > 40 or len(text.splitlines()) > 1 or any(mark in text for mark in MARKS)


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_name_is_one_short_line_and_two_values_have_two(one: str, other: str) -> None:
    assert len(name_of(one)) <= 40
    assert len(name_of(one).splitlines()) <= 1
    assert name_of(name_of(one)) == name_of(one)
    assert (name_of(one) == name_of(other)) == (one == other)


KEYS = ("seller__persona", "feedback__text", "prompt__seller__texts__opening")


def with_text(place: Path, key: str, number: int) -> None:
    more = {"feedback__name": "constant"} if key == "feedback__text" else {"prompt__seller__version": "v1"}
    make_run(place, [[14.0 + number / 4, 15.0], [15.0, 15.5], [14.5, 16.0]], **{key: TEXTS[number]}, **more)


@pytest.mark.parametrize("key", KEYS)
def test_no_text_of_a_config_is_the_name_of_a_cell(key: str, tmp_path: Path) -> None:
    for number in range(len(TEXTS)):
        with_text(tmp_path / str(number), key, number)
    labels = load(tmp_path).labels().tolist()
    assert len(set(labels)) == len(TEXTS)
    assert not [label for label in labels if long_name(label)]


@pytest.mark.long
def test_no_text_of_a_config_is_the_name_of_a_series_or_a_panel(tmp_path: Path) -> None:
    for number in range(len(TEXTS)):
        with_text(tmp_path / str(number), KEYS[number % len(KEYS)], number)
    runs = load(tmp_path)
    assert {"seller.persona", "feedback.text", "prompt.seller.version"} <= set(runs.deciding())
    drawn = 0
    with remembered():
        for figure in FIGURES:
            try:
                shown = json.dumps(figure.draw(runs).to_dict(validate=False), default=str)
            except NotEnough:
                continue
            drawn += 1
            assert not [mark for mark in MARKS if mark in shown], figure.name
    assert drawn > 3


def test_a_prompt_that_was_changed_and_kept_its_version_is_marked_and_its_difference_is_known(tmp_path: Path) -> None:
    for number, opening in enumerate(
        ("The {item}?\nIt costs {cost}.", "Hello!", "The {item}?\nIt is cheap.", "Hello!")
    ):
        texts = {"prompt__seller__version": "v1", "prompt__seller__texts__opening": opening}
        make_run(tmp_path / str(number), [[15.0]], **texts)
    make_run(tmp_path / "5", [[15.0]], prompt__seller__version="v2", prompt__seller__texts__opening="Hello!")
    runs = load(tmp_path)
    assert runs.deciding() == ["prompt.seller.version"]
    assert runs.runs["prompt.seller.version"].tolist() == ["v1", "v1*", "v1**", "v1*", "v2"]
    first, second = changes(runs.runs, runs.deciding())
    assert (first.name, first.other, second.name, second.other) == ("v1*", "v1", "v1**", "v1")
    assert second.lines[2:] == ["@@ -1,2 +1,2 @@", " The {item}?", "-It costs {cost}.", "+It is cheap."]


def test_a_choice_that_follows_another_seat_is_in_no_name(tmp_path: Path) -> None:
    for number, engine in enumerate(("gpt-4", "claude")):
        for memory in ("full", "none"):
            names = {"seller__engine__name": engine, "critic__engine__name": engine, "memory__name": memory}
            make_run(tmp_path / f"{number}{memory}", [[15.0]], **names)
    assert load(tmp_path).labels().tolist()[:2] == ["seller gpt-4, memory full", "seller gpt-4, memory none"]


def test_the_table_of_a_sweep_and_a_tracked_run_say_what_varies_and_no_text(tmp_path: Path) -> None:
    texts = [f'seller.persona="{text}"' for text in TEXTS]
    for number, own in enumerate(texts):
        cell = tmp_path / str(number)
        cell.mkdir()
        overrides = ["n_games=20", "engine@seller.engine=gpt-4", own]
        (cell / "cell.json").write_text(json.dumps({"number": number, "overrides": overrides}))
    listed = ["n_games=20", "engine@seller.engine=gpt-4,gpt-3", "seller.persona=" + ",".join(texts)]
    (tmp_path / "sweep.json").write_text(json.dumps({"overrides": listed}))
    shown = [choices for choices, _ in read_cells([tmp_path / str(number) for number in range(len(texts))])]
    assert [list(choices) for choices in shown] == [["seller.persona"]] * len(texts)
    assert not [value for choices in shown for value in choices.values() if long_name(value)]
    assert len({choices["seller.persona"] for choices in shown}) == len(texts)
    name = run_info(tmp_path / "0", config(), simulated=False).name
    assert name.startswith(f"seller.engine gpt-4, seller.persona {shown[0]['seller.persona']}, ")
    assert choices_of(['seller.persona=""', "memory='none'"]) == {"seller.persona": "", "memory": "none"}


def test_it_is_said_who_is_simulated(tmp_path: Path) -> None:
    own, theirs = "bargain.engines.simulated.SimulatedEngine", "bargain.engines.openai.OpenAIEngine"
    for number, rival in enumerate((theirs, own)):
        engines = {"seller__engine___target_": theirs, "buyer__engine___target_": rival}
        make_run(tmp_path / str(number), [[15.0]], **engines)
    runs = load(tmp_path).runs
    assert runs["simulated_seats"].tolist() == ["", "buyer"]
    assert who_is_simulated(runs) == "buyer in 1 of 2 runs and somebody in 1 of 2 runs"
    assert who_is_simulated(runs[1:]) == "buyer"
