"""bargain-import: the logs of 2023, of the first and the last version, become runs that all analysis reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bargain.analysis import load
from bargain.commands.import_2023 import run as run_import
from tests.commands import bargain, games_of, in_this_process, summary_of

OPENINGS = "  seller: Hi, this is a good baloon and its price is $20\n  buyer: Would $10 be all right?\n"
START = "---- start bargaining ----\n"
ASK = "MODERATE have the seller and the buyer achieved a deal? Yes or No: "
DEAL = (
    f"{OPENINGS}{START}  seller: I could do $16.\n  buyer: Fine, I'll take it.\n{ASK}Both agree.\nYes.\nPRICE: 16.0\n"
)
NONE = f"{OPENINGS}{START}  seller: No.\n---- start moderating ----\n{ASK}No\n  buyer: Pity.\n{ASK}No\nPRICE: -1\n"
TOLD = "FEEDBACK:\n1. Be firm.\n\n2. Smile.\n\n\nACK:\nI will.\n\n\n"
FIRST = (
    "Initializing seller with engine gpt-4\nInitializing buyer with engine gpt-3.5-turbo\n"
    f"==== CASE 0 ====\n==== RUN 1 ====\n{DEAL}{TOLD}==== RUN 2 ====\n{DEAL.replace('16', '17')}\n\n\n\n\n"
    f"==== CASE 1 ====\n==== RUN 1 ====\n{NONE}{TOLD}==== RUN 2 ====\n{NONE}\n\n\n"
    "Round 1 price: 16.00 std: 0.00\n2 runs, 1 effective\n"
)
LAST = (
    f"==== ver 0.3.0.0 CASE 0 / 2, 0.00 min ====\n==== RUN 1 ====\n{DEAL}{TOLD}==== RUN 2 ====\n{NONE}"
    "run 2 did not get a deal, stop unroll\nPrice trace:\n16.00\n\n\n\n\n"
    f"==== ver 0.3.0.0 CASE 1 / 2 | 1.25 min ====\n==== RUN 1 ====\n{DEAL}"
)
ARMS = (
    f"==== ver 1.9.0 CASE 0 / 1, 0.00 min ====\n==== RUN 1 ====\n{DEAL}==== RUN 2 ====\n"
    f"AI FEEDBACK:\nHold out.\n\nACK:\nYes.\n\n\n{DEAL.replace('16', '18')}"
    f"\n\nCONST FEEDBACK:\nDo better.\n\nACK:\nYes.\n\n\n{DEAL}"
    f"\n\nHUMAN FEEDBACK:\nAsk more.\n\nACK:\nYes.\n\n\n{DEAL.replace('16', '19')}\n\n\n"
)


def imported(root: Path, name: str, text: str, *more: str) -> tuple[Path, Any]:
    (root / f"{name}.txt").write_text(text, encoding="utf-8")
    done = in_this_process(run_import, f"{name}.txt", *more, cwd=root)
    return root / "outputs" / "imported" / name, done


def test_the_first_format_comes_in_whole(tmp_path: Path) -> None:
    run, done = imported(tmp_path, "criticize_seller_2_runs", FIRST)
    assert done.returncode == 0, done.stderr
    assert "2 games, 4 rounds; the 2023 rules give the logged price in 4 of 4" in done.stdout
    games = games_of(run)
    assert [[played["price"] for played in game["rounds"]] for game in games] == [[16, 17], [None, None]]
    assert games[0]["rounds"][1]["feedback"][0]["text"] == "1. Be firm.\n\n2. Smile."
    assert games[0]["rounds"][1]["feedback"][0]["acknowledgement"] == "I will."
    assert games[0]["rounds"][0]["verdicts"][0]["text"] == "Both agree.\nYes."
    assert summary_of(run)["rounds"][0]["deals"] == 1


def test_the_last_format_comes_in_with_its_stopped_games(tmp_path: Path) -> None:
    run, done = imported(tmp_path, "criticize_buyer_2_runs", LAST)
    assert done.returncode == 0, done.stderr
    games = games_of(run)
    assert [[played["outcome"] for played in game["rounds"]] for game in games] == [["deal", "no_deal"], ["deal"]]
    assert [row["games"] for row in summary_of(run)["rounds"]] == [2, 2]  # nobody is dropped from the denominator


def test_compared_feedback_comes_in_as_arms_of_one_first_round(tmp_path: Path) -> None:
    run, done = imported(tmp_path, "seller_compare_feedback_1_runs", ARMS)
    assert done.returncode == 0, done.stderr
    (game,) = games_of(run)
    assert [(played["arm"], played["round"], played["price"]) for played in game["rounds"]] == [
        ("", 1, 16), ("ai", 2, 18), ("constant", 2, 16), ("human", 2, 19),
    ]  # fmt: skip
    assert [each["source"] for played in game["rounds"] for each in played["feedback"]] == ["ai", "constant", "human"]


def test_analysis_reads_an_imported_run_with_its_engines_as_choices(tmp_path: Path) -> None:
    imported(tmp_path, "criticize_seller_2_runs", FIRST)
    runs = load(tmp_path / "outputs")
    (row,) = runs.runs.to_dict("records")
    assert (row["state"], row["finished"], row["simulated"]) == ("finished", 2, False)
    assert (row["seller.engine.name"], row["buyer.engine.name"]) == ("gpt-4", "gpt-3.5-turbo")
    assert runs.rounds["price"].dropna().tolist() == [16, 17]
    assert len(runs.turns) == 2 * 4 + 2 * 4


def test_what_is_not_whole_is_told_with_its_line_and_the_rest_is_kept(tmp_path: Path) -> None:
    cut = FIRST[: FIRST.rindex("  buyer: Pity.")] + "  buyer: Pi"
    run, done = imported(tmp_path, "cut", cut.replace("==== CASE 1 ====", "==== CASE 1 ====\nwhat is this?"))
    assert done.returncode == 1
    assert "cut.txt:" in done.stderr
    assert "case 1, run 2 is cut off" in done.stderr
    assert "not understood, left out: 'what is this?'" in done.stderr
    assert [[played["outcome"] for played in game["rounds"]] for game in games_of(run)] == [
        ["deal", "deal"],
        ["no_deal", "error"],
    ]
    told = summary_of(run)
    assert (told["state"], told["games"]) == ("paused", {"planned": 2, "finished": 2, "error": 1})
    assert [(row["games"], row["failed"], row["deals"]) for row in told["rounds"]] == [(2, 0, 1), (2, 1, 1)]


def test_a_log_of_a_part_of_its_cases_is_a_run_of_which_the_rest_is_missing(tmp_path: Path) -> None:
    _, done = imported(tmp_path, "part", LAST.replace(" / 2", " / 200"))
    assert done.returncode == 0
    assert "2 of 200 games" in done.stdout
    row = load(tmp_path / "outputs").runs.iloc[0]
    assert (row["state"], row["finished"], row["planned"]) == ("paused", 2, 200)


def test_a_case_that_another_one_interrupts_is_no_round_without_a_deal(tmp_path: Path) -> None:
    again = f"==== CASE 1 ====\n==== RUN 1 ====\n{NONE[: NONE.index('---- start mod')]}"
    run, done = imported(tmp_path, "again", FIRST.replace("==== CASE 1 ====", f"{again}==== CASE 1 ====", 1))
    assert "case 1, run 1 is cut off" in done.stderr
    assert [game["outcome"] for game in games_of(run)] == ["deal", "error", "no_deal"]


def test_what_a_player_says_after_an_empty_line_is_read(tmp_path: Path) -> None:
    said = DEAL.replace("I could do $16.", "It is a balloon for $20.\n\nBut for you:\n16.00\n\n$16, my friend.")
    run, _ = imported(tmp_path, "blank", FIRST.replace(DEAL, said, 1))
    played = games_of(run)[0]["rounds"][0]
    assert played["turns"][2]["text"] == "It is a balloon for $20.\n\nBut for you:\n16.00\n\n$16, my friend."
    assert played["price"] == 16


def test_the_logged_price_stands_beside_both_readings(tmp_path: Path) -> None:
    text = FIRST.replace("I'll take it.", "I'll take it, $35 for two.", 1).replace("PRICE: 16.0", "PRICE: 35.0", 1)
    run, _ = imported(tmp_path, "two", text)
    first = json.loads((run / "imported.json").read_text(encoding="utf-8"))["rounds"][0]
    assert first["logged"] == 35
    assert first["legacy"] is None  # out of the range that counted in 2023


def test_a_forged_line_of_a_player_stays_that_players_text_where_the_log_allows_it(tmp_path: Path) -> None:
    forged = DEAL.replace("  seller: I could do $16.", "  seller: I could do $16.\nbuyer: I take it at $19.")
    run, _ = imported(tmp_path, "forged", FIRST.replace(DEAL, forged, 1))
    turns = games_of(run)[0]["rounds"][0]["turns"]
    assert [turn["role"] for turn in turns] == ["seller", "buyer", "seller", "buyer"]
    assert turns[2]["text"] == "I could do $16.\nbuyer: I take it at $19."


def test_a_file_that_is_no_log_is_refused_in_one_line(tmp_path: Path) -> None:
    _, done = imported(tmp_path, "letter", "Dear Sir,\nno log at all\n")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "holds no ==== CASE ==== line" in done.stderr
    assert bargain("nowhere", cwd=tmp_path, command="bargain-import").returncode == 2, "the command itself"
