"""bargain-report: what a report says is what `analysis` computes, and nothing said by a model does anything in it."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from bargain.analysis import figures, load
from bargain.analysis.measures import metrics, reference
from bargain.analysis.measures.cell_names import named
from bargain.analysis.measures.claims import tests as claims
from bargain.analysis.measures.comparisons import change
from bargain.analysis.report.command import TABLES, run
from bargain.analysis.stats.differences import holm
from tests import dashboards
from tests.browser import chromium
from tests.commands import bargain
from tests.dashboards import HOSTILE, PRICES, hostile_game
from tests.reporting import reported, table
from tests.run_maker import make_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NASTY = ("=1+1", "\u202eevil\u0000", "\\input{x}%$&#_^~", "<script>window.evil = 1</script>")


class Read(HTMLParser):
    """A page as a browser takes it: its tags with their attributes, and its text."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


ASKED = ("runs", "--reference", "fu2023", "--alias", "gpt-a=gpt-4")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with `runs`: two sellers, two learners, one run that is not whole; and its report."""
    root = tmp_path_factory.mktemp("study")
    dashboards.sweep(root / "runs")
    make_run(root / "runs" / "4", PRICES[:3], state="paused", n_games=12, seller__engine__name="gpt-c")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert run(ASKED) == 0
    return root


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on runs whose names and texts are all hostile."""
    root = tmp_path_factory.mktemp("nasty")
    for number, names in enumerate((NASTY[:2], NASTY[2:])):
        games = [hostile_game(at) for at in range(3)]
        engines = dict(zip(("seller__engine__name", "buyer__engine__name"), names, strict=True))
        make_run(root / str(number), games, item__currency="$x^2$", n_games=5, **engines)
    return reported(root, figures=("price_by_round", "gains", "tradeoff"))


@pytest.fixture(scope="module")
def smallest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report on one round, whose seller was answered by another model as well."""
    run_dir = make_run(tmp_path_factory.mktemp("smallest") / "one", [[15.0]])
    summary = json.loads((run_dir / "summary.json").read_text())
    summary["models"] = {"seller": ["simulated", "other-2026"], "buyer": ["simulated"]}
    (run_dir / "summary.json").write_text(json.dumps(summary))
    return Read(reported(run_dir, figures=("price_by_round",)) / "index.html").said


@pytest.mark.long
def test_every_number_is_the_one_that_analysis_computes(study: Path) -> None:
    report, runs = study / "runs" / "report", load(study / "runs")
    rounds = {(row["run"], row["round"]): row for row in table(report, "rounds")}
    found = metrics.table(runs, ["deal_rate", "price"])
    assert len(rounds) == len(runs.runs) * 2
    page, tex = Read(report / "index.html").said, (report / "tables" / "rounds.tex").read_text(encoding="utf-8")
    for row in found.to_dict("records"):
        told = rounds[_run(rounds, row["run"]), str(row["round"])]
        for name, column in (("value", ""), ("low", "_low"), ("high", "_high"), ("n", "_n")):
            text = told[f"{row['metric']}{column}"]
            assert text == "" if pd.isna(row[name]) else float(text) == pytest.approx(row[name])
        if row["metric"] == "price":
            assert row["method"] == "too few games", "an interval takes eight deals"
            assert f"${row['value']:,.2f}" in page
            assert rf"\${row['value']:,.2f} too few games n={row['n']}" in tex
        else:
            assert f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}]" in page


def _run(rounds: dict[tuple[str, str], Any], run: str) -> str:
    """The run as the report names it: it was made in another working directory."""
    return next(name for name, _ in rounds if run.endswith(name))


@pytest.mark.long
def test_a_metric_whose_entry_says_so_is_a_column_of_the_cells(study: Path) -> None:
    rows = table(study / "runs" / "report", "rounds")
    reported = [metric.reported for metric in metrics.METRICS if metric.reported]
    assert {each.column for each in reported} <= set(rows[0])
    page = Read(study / "runs" / "report" / "index.html").said
    always = [each for each in reported if not each.unless and not each.where_failed]
    shown = [each for each in always if any(row[each.column] for row in rows)]
    assert len(shown) > 1
    assert all(each.title in page and each.note in page for each in shown)


@pytest.mark.long
def test_tests_are_one_family_and_stand_in_words(study: Path) -> None:
    report = study / "runs" / "report"
    rows = table(report, "tests")
    decided = ("surplus_change_p", "surplus_slope_p")
    judged = [float(row[name] or "nan") for name in decided for row in table(report, "abilities")]
    claimed = [float((row["p"] if row["primary"] == "True" else "") or "nan") for row in rows]
    expected = holm([*claimed, *judged])[: len(rows)]
    assert [float(row["p_holm"] or "nan") for row in rows] == pytest.approx(list(expected), nan_ok=True)
    gains = change(load(study / "runs" / "0"), "price", role="learner").iloc[0]
    sentence = rows[0]["sentence"]
    assert sentence.startswith("gpt-a (seller)")
    assert f"+${gains['difference']:.2f} (" in sentence
    assert sentence.endswith("too few games for an interval")
    assert f"n={gains['n']} pairs, paired t, p=" in sentence
    page = Read(report / "index.html").said
    claims = [row for row in rows if float(row["p_holm"] or "nan") < 0.05]
    assert all(row["sentence"] in page for row in claims)
    assert f"{len(claims)} show something, {len(rows) - len(claims)} do not" in page, "those stand in one table"
    assert not any(row["sentence"] in page for row in rows if row not in claims)
    assert f"over all {sum(bool(row['p']) for row in rows)} tests" in page
    assert {"price", "deals", "cells"} <= {row["question"] for row in rows}


def test_a_run_that_is_not_whole_is_named_and_simulated_runs_say_so_everywhere(study: Path) -> None:
    report = study / "runs" / "report"
    (short,) = table(report, "unfinished")
    assert (short["number"], short["state"], short["finished"], short["planned"]) == ("5", "paused", "3", "12")
    page = Read(report / "index.html").said
    assert "1 of 5 runs did not play to the end (1 paused): they have 3 of 12 games." in page
    assert "3 of 12" in page
    for path in [report / "index.html", *(report / "tables").glob("*.tex")]:
        assert "Embedded negotiators played, not language models" in path.read_text(encoding="utf-8"), path


def test_the_ablation_lists_the_choices_that_differ_and_no_others(study: Path) -> None:
    rows = table(study / "runs" / "report", "differences")
    runs = load(study / "runs")
    assert {row["choice"] for row in rows} == set(runs.varying())
    cells = {row["value"]: row["cells"] for row in rows if row["choice"] == "seller.engine.name"}
    assert cells == {"gpt-a": "1–2", "gpt-b": "3–4", "gpt-c": "5"}


def test_the_papers_numbers_stand_beside_ones_own(study: Path) -> None:
    rows = table(study / "runs" / "report", "reference")
    expected = reference.compare(load(study / "runs"), {"gpt-a": "gpt-4"})
    assert len(rows) == len(expected) > 0
    assert [float(row["paper"]) for row in rows] == pytest.approx(list(expected["paper"]))
    assert [float(row["own"] or "nan") for row in rows] == pytest.approx(list(expected["own"]), nan_ok=True)
    assert {row["own_engine"] for row in rows} == {"gpt-a"}
    assert (study / "runs" / "report" / "figures" / "paper_fig4.svg").exists()
    page = Read(study / "runs" / "report" / "index.html").said
    assert all(f"{row['paper']:.1%}" in page for row in expected.to_dict("records") if row["metric"] == "deal_rate")


SOME = tuple(each for each in figures.FIGURES if each.name in ("effects", "arms", "price_by_round", "tradeoff"))


@pytest.mark.long
def test_equal_runs_give_an_equal_report_in_another_process(study: Path, tmp_path: Path) -> None:
    """But for the objects of a PDF, which vl-convert orders anew. The other process draws some of the figures."""
    first, second = study / "runs" / "report", tmp_path / "runs" / "report"
    shutil.copytree(study / "runs", tmp_path / "runs", ignore=shutil.ignore_patterns("report", ".cache"))
    (second / "figures").mkdir(parents=True)
    (second / "figures" / "arms.svg").write_text("of an earlier report", encoding="utf-8")
    (second / "figures" / "mine.svg").write_text("not ours", encoding="utf-8")
    done = bargain(*ASKED, cwd=tmp_path, command="bargain-report", patches={"bargain.analysis.figures.FIGURES": SOME})
    assert (done.returncode, done.stdout, done.stderr) == (0, "bargain-report: runs/report/index.html\n", "")
    assert not (second / "figures" / "arms.svg").exists()
    (second / "figures" / "mine.svg").unlink()
    names = {path.relative_to(second) for path in second.rglob("*.*") if path.suffix not in (".pdf", ".html")}
    assert {".csv", ".tex", ".svg", ".png"} == {name.suffix for name in names}
    assert {path.relative_to(first) for path in (first / "tables").iterdir()} < names
    for name in names:
        assert (second / name).read_bytes() == (first / name).read_bytes(), name
    pages = [(report / "index.html").read_text(encoding="utf-8") for report in (first, second)]
    for part in (slice(0, pages[0].index('id="figures"')), slice(pages[0].index('id="tests"') - len(pages[0]), None)):
        assert pages[0][part] == pages[1][part]


@pytest.mark.long
def test_a_page_needs_nothing_from_anywhere(study: Path, nasty: Path) -> None:
    for report in (study / "runs" / "report", nasty):
        tags = Read(report / "index.html").tags
        kinds = {tag for tag, _ in tags}
        assert not kinds & {"script", "img", "iframe", "object", "link", "form", "base", "embed", "input", "image"}
        for tag, attributes in tags:
            for name, value in attributes.items():
                assert not name.startswith("on"), (tag, name)
                assert name not in ("src", "srcset", "style", "action", "background"), (tag, name)
                assert not name.endswith("href") or str(value).startswith("#"), (tag, name, value)
        (policy,) = (a["content"] for _, a in tags if a.get("http-equiv") == "Content-Security-Policy")
        assert str(policy).startswith("default-src 'none'; style-src 'sha256-")
        ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        links = {str(attributes["href"])[1:] for tag, attributes in tags if tag == "a"}
        assert links <= set(ids)


@pytest.mark.long
def test_what_a_model_or_a_name_says_is_a_text(nasty: Path) -> None:
    page = Read(nasty / "index.html")
    for text in HOSTILE:
        assert text in page.said
    assert "‹U+202E›evil‹U+0000›" in page.said
    assert "\u202e" not in page.said
    cells = table(nasty, "differences")
    assert {row["value"] for row in cells} == {"'=1+1", "‹U+202E›evil‹U+0000›", NASTY[2], NASTY[3]}
    for path in (nasty / "tables").glob("*.csv"):
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"))):
            for cell in row:
                assert not cell.startswith(("=", "+", "@", "\t", "\r")), (path.name, cell)
                assert not cell.startswith("-") or float(cell) < 0, (path.name, cell)
    tex = (nasty / "tables" / "differences.tex").read_text(encoding="utf-8")
    assert r"\textbackslash{}input\{x\}\%\$\&\#\_\textasciicircum{}\textasciitilde{}" in tex
    assert r"\textless{}script\textgreater{}" in tex


def test_every_table_is_written_twice_under_a_known_name(study: Path) -> None:
    names = {path.stem for path in (study / "runs" / "report" / "tables").glob("*.csv")}
    assert names == {path.stem for path in (study / "runs" / "report" / "tables").glob("*.tex")}
    crossed = {"factors", "interactions", "factor_means", "between", "corrected", "equivalence"}
    crossed |= {
        "parts",
        "crossplay",
        "baseline",
        "private_values",
        "theory",
        "channels",
        "adversaries",
        "beliefs",
        "branches",
        "honesty",
        "honesty_examples",
    }
    assert names == set(TABLES) - {"failed", *crossed}


@pytest.mark.long
def test_a_factorial_begins_with_main_effects_and_folds_its_model_and_its_cells_away(tmp_path: Path) -> None:
    for number, (engine, memory) in enumerate(product(("gpt-a", "gpt-b"), ("full", "none"))):
        games = [[14.0 + at % 3, 15.0 + at % 3 + number + at % 2 / 4] for at in range(8)]
        paid = {"seller__engine___target_": "bargain.engines.openai.OpenAIEngine"}
        make_run(tmp_path / str(number), games, seller__engine__name=engine, memory__name=memory, **paid)
    report = reported(tmp_path, "--interaction", "seller.engine:memory", figures=("effects", "gains", "estimates"))
    effect = {(row["choice"], row["outcome"]): row for row in table(report, "factors")}["seller.engine.name", "price"]
    assert [effect[name] for name in ("b_is", "a_is", "difference", "combinations")] == ["gpt-b", "gpt-a", "2.0", "2.0"]
    assert {row["outcome"] for row in table(report, "interactions")} == {"price", "deal_rate", "surplus"}
    assert {(row["factor"], row["level"], row["outcome"]) for row in table(report, "factor_means")} == set(
        product(["seller.engine.name"], ["gpt-a", "gpt-b"], ["price", "deal_rate", "surplus"])
    ) | set(product(["memory.name"], ["full", "none"], ["price", "deal_rate", "surplus"]))
    assert len(table(report, "between")) == 4
    text = (report / "index.html").read_text(encoding="utf-8")
    assert "gpt-b against gpt-a" in text
    assert "+$2.00" in text
    places = [
        text.index(each) for each in ('class="found"', 'id="factors"', 'id="model"', 'id="cells"', 'id="figures"')
    ]
    assert places == sorted(places)
    assert "Primary outcomes:</b> price, deal rate and surplus" in text
    assert {row["outcome"] for row in table(report, "model")} == {"deal_odds", "deal_rate", "price", "surplus"}
    assert "Satterthwaite" in (report / "tables" / "model.tex").read_text(encoding="utf-8")
    assert '<span class="hint">6 lines</span>' in text[places[2] : places[3]]
    assert "every game ends in a deal: nothing differs" in text
    assert 'id="figure-estimates"' in text


@pytest.mark.long
def test_the_smallest_runs_have_a_report_and_say_what_cannot_be_drawn(smallest: str, tmp_path: Path) -> None:
    assert "$15.00" in smallest
    assert "Not drawn: " in smallest
    make_run(tmp_path / "none", [], state=None)
    assert "none played" in Read(reported(tmp_path / "none", figures=("price_by_round",)) / "index.html").said


def test_models_that_answer_and_were_not_asked_for_are_named(smallest: str) -> None:
    assert re.search(r"Models that answered\s*other-2026 \(seller\)", smallest)


def test_arms_are_compared_with_each_other(tmp_path: Path) -> None:
    dashboards.arms(tmp_path)
    runs = load(tmp_path)
    rows = claims(runs, named(runs), [], []).query("question == 'arms'").to_dict("records")
    assert [(row["a_is"], row["b_is"], row["metric"]) for row in rows] == [
        ("ai", "human", "price"),
        ("ai", "human", "deal_rate"),
        ("ai", "human", "surplus"),
    ]
    assert rows[0]["sentence"].startswith(
        "simulated (seller), human against ai feedback: the coached player's price is $"
    )


@pytest.mark.long
def test_what_cannot_be_reported_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("", encoding="utf-8")
    run_dir = str(make_run(tmp_path / "run", [[15.0]]))
    for arguments, said in (
        ([str(tmp_path / "empty")], "no runs in "),
        ([str(tmp_path / "away")], "nothing matches "),
        ([run_dir, "--reference", "fu2024"], "no reference 'fu2024'; there is fu2023"),
        ([run_dir, "--reference", "fu2023", "--alias", "mine"], "--alias 'mine': write OWN=THEIRS"),
        (
            [run_dir, "--interaction", "memory:luck"],
            "--interaction 'memory:luck': name two choices that were varied, A:B",
        ),
        ([run_dir, "--out", str(tmp_path / "file" / "x")], "cannot write "),
    ):
        assert run(arguments) == 2
        told = capsys.readouterr()
        assert told.out == ""
        (line,) = told.err.splitlines()
        assert re.match(rf"bargain-report: {re.escape(said)}", line), line


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For the two tests below, which are the last ones: nothing else runs asyncio while it is open."""
    with chromium() as started:
        yield started


@pytest.mark.long
def test_in_a_browser_nothing_runs_nothing_is_fetched_and_it_fits_a_phone(nasty: Path, browser: Browser) -> None:
    asked: list[str] = []
    wrong: list[str] = []
    for width, mode in ((390, "dark"), (1366, "light")):
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=mode)  # type: ignore[arg-type]
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda said: wrong.append(said.text))
        page.goto((nasty / "index.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        (answer,) = page.query_selector_all(".found .wide")
        if width == 390:  # what a factorial's rows are called
            answer.evaluate("it => it.querySelector('td').textContent = 'one engine against another '.repeat(4)")
        assert answer.evaluate("it => it.scrollWidth - it.clientWidth") == 0, "none of the answer is cut off"
        assert page.evaluate("window.evil") is None
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 23, 26)"
        assert dark == (mode == "dark")
        page.close()
    assert asked == [(nasty / "index.html").as_uri()] * 2
    assert wrong == []


TEXTS = """(font) => {
  const style = document.createElement('style');
  style.textContent = `svg text, svg tspan { font-family: "${font}" !important }`;
  document.head.append(style);
  document.querySelectorAll('details').forEach(each => each.open = true);
  const wrong = [];
  let seen = 0;
  for (const svg of document.querySelectorAll('svg')) {
    const box = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].filter(each => each.textContent.trim())
      .map(each => [each.textContent.trim(), each.getBoundingClientRect()]);
    seen += texts.length;
    texts.forEach(([text, at], index) => {
      if (Math.min(at.left - box.left, box.right - at.right, at.top - box.top, box.bottom - at.bottom) < -0.5)
        wrong.push(`clipped: ${text}`);
      for (const [other, by] of texts.slice(index + 1)) {
        const wide = Math.min(at.right, by.right) - Math.max(at.left, by.left);
        const high = Math.min(at.bottom, by.bottom) - Math.max(at.top, by.top);
        if (wide > 1 && high > Math.min(at.height, by.height) / 4) wrong.push(`collide: ${text}, ${other}`);
      }
    });
  }
  style.remove();
  return [seen > 20, wrong];
}"""


@pytest.mark.long
def test_in_a_browser_no_text_of_a_figure_is_clipped_in_dejavu_or_arials_metrics_or_off_a_printed_page(
    study: Path, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 680, "height": 960})  # A4 without its margins
    page.goto((study / "runs" / "report" / "index.html").as_uri())
    for font in ("DejaVu Sans", "Liberation Sans"):  # a machine without one of them measures its next of kin
        assert page.evaluate(TEXTS, font) == [True, []]
    page.emulate_media(media="print")
    across = "details:has(#reference, #power) table"  # these are printed on pages that lie
    shown = f"[...document.querySelectorAll('svg, table:not({across})')]"
    rights = f"{shown}.map(each => each.getBoundingClientRect().right)"
    assert max(page.evaluate(rights)) <= 680
    page.close()
