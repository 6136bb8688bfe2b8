"""bargain-judge, through the command: labelled dialogues in, tables and a CSV out, nothing asked twice."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bargain.commands.judge import run
from tests.commands import bargain, in_this_process
from tests.negotiator import Chat
from tests.run_maker import make_run
from tests.servers import Fault, Server

LABELLED: list[dict[str, Any]] = [
    {"id": "a", "turns": [["seller", "$20."], ["buyer", "$15?"], ["seller", "Deal!"]], "state": "deal", "price": 15},
    {"id": "b", "turns": [["seller", "It is $20."], ["buyer", "$15?"], ["seller", "No, $18."]], "state": "ongoing"},
    {"id": "c", "turns": [["seller", "$20."], ["buyer", "I'll pass. Goodbye."]], "state": "no_deal", "price": None},
    {"id": "=d", "turns": [["buyer", "$15?"], ["seller", "=HYPERLINK(1) I can do $16."]], "state": "deal", "price": 16},
]  # fmt: skip


def write(path: Path, dialogues: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(each) + "\n" for each in dialogues), encoding="utf-8")
    return str(path)


def judge(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return in_this_process(run, *arguments, cwd=cwd, **env)


def results(root: Path) -> dict[str, Any]:
    (path,) = root.glob("outputs/judge/*/*/judge.json")
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def rows(root: Path) -> list[dict[str, str]]:
    (path,) = root.glob("outputs/judge/*/*/judge.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def engine_at(server: Server) -> list[str]:
    return ["engine@moderator.engine=gpt-4o", f"moderator.engine.base_url={server.openai}"]


def test_rules_are_judged_with_intervals_confusion_and_the_misjudged(tmp_path: Path) -> None:
    done = judge(write(tmp_path / "l.jsonl", LABELLED), "moderator=rules", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    score = results(tmp_path)["moderators"]["rules"]
    assert score["state"]["right"] == 3
    assert score["state"]["of"] == 4
    assert 0.3 < score["state"]["low"] < 0.75 < score["state"]["high"] < 1
    assert score["confusion"]["deal"] == {"deal": 1, "ongoing": 1, "no_deal": 0, "error": 0}
    assert score["per_state"]["deal"]["recall"]["rate"] == 0.5
    assert score["per_state"]["deal"]["precision"]["rate"] == 1.0
    assert "=d: wanted deal 16, got ongoing" in done.stdout


def test_the_csv_has_a_row_for_each_and_no_formula(tmp_path: Path) -> None:
    judge(write(tmp_path / "l.jsonl", LABELLED), "moderator=rules,structured", cwd=tmp_path)
    found = rows(tmp_path)
    assert len(found) == 2 * len(LABELLED)
    assert {row["id"] for row in found} == {"a", "b", "c", "'=d"}
    assert not any(cell.startswith(("=", "+", "@")) for row in found for cell in row.values())


def test_a_model_is_asked_as_in_a_game_and_its_own_word_stands_beside_the_checked_one(tmp_path: Path) -> None:
    with Server(lambda chat: "Yes") as server:
        done = judge(
            write(tmp_path / "l.jsonl", LABELLED),
            "moderator=yes_no",
            *engine_at(server),
            cwd=tmp_path,
            OPENAI_API_KEY="k",
        )
        assert done.returncode == 0, done.stderr
        assert len(server.calls) == 4
        asked = next(call.json["messages"] for call in server.calls if b"Deal!" in call.body)
        assert asked[0]["role"] == "system"
        assert json.dumps({"speaker": "seller", "says": "$20."}) in asked[-1]["content"]
    by_id = {row["id"]: row for row in rows(tmp_path)}
    assert (by_id["a"]["own"], by_id["a"]["checked"], by_id["a"]["price"]) == ("deal", "deal", "15.0")
    assert (by_id["b"]["own"], by_id["b"]["checked"]) == ("deal", "ongoing")
    assert "an offer, not an acceptance" in by_id["b"]["objections"]


@pytest.mark.long
def test_a_stopped_bench_goes_on_and_pays_for_no_reply_twice(tmp_path: Path) -> None:
    file = write(tmp_path / "l.jsonl", LABELLED)
    caps = ["moderator.engine.max_tokens=5", "limits.max_concurrent_games=1"]
    with Server(lambda chat: "No") as server:
        arguments = [file, "moderator=yes_no", *engine_at(server), *caps]
        first = judge(*arguments, "limits.max_tokens=2800", cwd=tmp_path, OPENAI_API_KEY="k")
        assert first.returncode == 3
        assert "raise the cap" in first.stderr
        before = len(server.calls)
        assert 0 < before < 4
        second = judge(*arguments, cwd=tmp_path, OPENAI_API_KEY="k")
        assert second.returncode == 0, second.stderr
        assert len(server.calls) == 4
    assert results(tmp_path)["calls"] == {"live": 4 - before, "from_journal": before, "failed": 0}
    replayed = judge(*arguments, "mode=replay", cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stderr
    assert results(tmp_path)["calls"]["live"] == 0


def test_a_wrong_key_stops_the_bench_with_one_line(tmp_path: Path) -> None:
    body = json.dumps({"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}).encode()
    with Server(fault=lambda call: Fault(401, body=body)) as server:
        done = judge(
            write(tmp_path / "l.jsonl", LABELLED * 20), "moderator=yes_no", *engine_at(server),
            "limits.max_concurrent_games=4", cwd=tmp_path, OPENAI_API_KEY="k",
        )  # fmt: skip
        assert done.returncode == 1
        assert len(server.calls) <= 4
    assert "OPENAI_API_KEY" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_game_that_the_moderator_gives_up_on_stays_in_the_denominator(tmp_path: Path) -> None:
    def says(chat: Chat) -> str:
        return "Perhaps." if "18" in chat.messages[-1][1] else "No"

    with Server(says) as server:
        judge(
            write(tmp_path / "l.jsonl", LABELLED[:2]),
            "moderator=yes_no",
            *engine_at(server),
            cwd=tmp_path,
            OPENAI_API_KEY="k",
        )
    score = results(tmp_path)["moderators"]["yes_no"]
    assert (score["errors"], score["state"]["of"]) == (1, 2)
    assert score["confusion"]["ongoing"]["error"] == 1


def test_what_cannot_be_judged_is_refused_before_the_first_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = {
        "l.jsonl:2: state must be": [LABELLED[0], {**LABELLED[1], "state": "maybe"}],
        "l.jsonl:1: a turn is by": [{**LABELLED[0], "turns": [["critic", "Hm."]]}],
        "l.jsonl:1: price must be": [{**LABELLED[0], "price": "15"}],
        "l.jsonl:1: turns must be": [{"state": "deal"}],
    }
    for message, dialogues in wrong.items():
        assert run([write(tmp_path / "l.jsonl", dialogues), "moderator=rules"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line
    write(tmp_path / "l.jsonl", LABELLED)
    for arguments in (["nowhere.jsonl", "n_games=1"], ["moderator=rules"], ["l.jsonl", "moderator=oracle"]):
        assert run(arguments) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "outputs").exists()


def test_a_run_is_scored_again_by_another_moderator_beside_what_it_recorded(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [[15.0, 16.0], [14.0, None]])
    first, second = (run / "games.jsonl").read_text(encoding="utf-8").splitlines()
    lines = [first, second.replace("It is a deal then.", "No, that is too much.")]
    (run / "games.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    done = judge(str(run), "moderator=rules", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rounds = results(tmp_path)["rounds"]["rules"]
    assert rounds["1"]["recorded"] == {"deals": 2, "mean_price": 14.5}
    assert rounds["1"]["judged"] == {"deals": 1, "mean_price": 15.0}
    assert rounds["2"]["recorded"] == rounds["2"]["judged"] == {"deals": 1, "mean_price": 16.0}
    assert "0 calls" in done.stdout
    empty = judge(str(tmp_path), "moderator=rules", cwd=tmp_path)
    assert (empty.returncode, len(empty.stderr.strip().splitlines())) == (2, 1)


def test_help_says_how(tmp_path: Path) -> None:
    done = bargain("--help", cwd=tmp_path, command="bargain-judge")
    assert done.returncode == 0
    assert "FILE.jsonl" in done.stdout
    assert "judge.csv" in done.stdout


def test_a_deal_that_the_words_do_not_bear_out_is_shown_as_disputed(tmp_path: Path) -> None:
    unborne = {
        "id": "e",
        "turns": [["buyer", "$15?"], ["seller", "Hmm, let me think about that."]],
        "state": "ongoing",
    }
    with Server(lambda chat: "Yes") as server:
        done = judge(
            write(tmp_path / "l.jsonl", [LABELLED[0], unborne]),
            "moderator=yes_no",
            *engine_at(server),
            cwd=tmp_path,
            OPENAI_API_KEY="k",
        )
    assert done.returncode == 0, done.stderr
    score = results(tmp_path)["moderators"]["yes_no"]
    assert score["disputed"] == {"deal": 0, "ongoing": 1, "no_deal": 0}
    assert score["disagreements"] == 1
    assert "disputed" in done.stdout
    assert {row["id"]: row["disputed"] for row in rows(tmp_path)} == {"a": "False", "e": "True"}
