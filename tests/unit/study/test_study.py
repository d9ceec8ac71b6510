import nbformat
import pytest
from conftest import ROOT
from typer.testing import CliRunner

import yrdecon as yd
from yrdecon.cli import app
from yrdecon.study.compare import compare_outputs
from yrdecon.study.notebooks import execute_notebook
from yrdecon.study.reproduce import MADE_ELSEWHERE, reproduce


@pytest.fixture(scope="module")
def headline(twinned):
    design = yd.twinning_design()
    return yd.synthetic_did(twinned, design), yd.permutation_test(yd.synthetic_did, twinned, design, seed=1)


def test_no_positive_effect_is_found_for_the_twinning(headline):
    estimate, test = headline
    assert estimate.coef[0] < 0
    assert test.p_value > 0.05
    assert test.is_rank_only


def test_every_variant_is_estimated(twinned):
    variants = yd.compare_designs(yd.twfe, twinned, yd.twinning_variants(), seed=1)
    assert variants["estimate"].notna().all()
    assert variants.set_index("variant").loc["pool: Anhui alone", "n_compared"] == 12


def test_differences_between_folders_are_told_in_words(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, value in ((one, "1.0"), (two, "2.0")):
        folder.mkdir()
        (folder / "same.txt").write_text("x")
        (folder / "page.html").write_text(f'<img src="data:image/png;base64,{value}AAAA"> <p>text</p>')
        (folder / "table.csv").write_text(f"a,b\n{value},3\n")
    (one / "gone.md").write_text("x")
    (two / "new.md").write_text("x")
    found = compare_outputs(one, two)
    assert [f.split()[0] for f in found] == ["gone.md", "new.md", "table.csv"]
    assert "-1.0,3" in found[2]
    assert "+2.0,3" in found[2]


def test_files_that_are_made_elsewhere_are_not_compared(tmp_path):
    committed, fresh = tmp_path / "committed", tmp_path / "fresh"
    for folder in (committed, fresh):
        (folder / "figures").mkdir(parents=True)
    for name in ("certificate.md", "certificate_sizes.csv", "figures/certificate_size_en.svg", "other.md"):
        (committed / name).write_text("x")
    assert compare_outputs(committed, fresh, MADE_ELSEWHERE) == ["other.md is committed but was not made again"]


def write_notebook(path, *cells):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells]), path)
    return path


def test_a_notebook_becomes_a_page_that_needs_no_network(tmp_path):
    source = write_notebook(tmp_path / "a.ipynb", "print(40 + 2)")
    page = execute_notebook(source, tmp_path / "a.html").read_text(encoding="utf-8")
    assert "42" in page
    assert 'src="http' not in page
    assert "cdnjs" not in page
    assert not nbformat.read(source, as_version=4).cells[0]["outputs"]


def test_a_failing_cell_is_told_and_leaves_no_page(tmp_path):
    source = write_notebook(tmp_path / "a.ipynb", "import yrdecon as yd", "yd.load_panel('moon')")
    with pytest.raises(yd.YrdeconError, match=r"a\.ipynb stopped: DataError: there is no panel 'moon'"):
        execute_notebook(source, tmp_path / "a.html")
    assert not (tmp_path / "a.html").exists()


def test_reproduce_outside_a_checkout_is_refused(tmp_path):
    with pytest.raises(yd.YrdeconError, match="run this in a checkout"):
        reproduce(tmp_path)


def test_the_command_line_prints_errors_without_a_traceback(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["reproduce"])
    assert result.exit_code == 2
    assert "error:" in result.output
    assert "Traceback" not in result.output


def test_the_command_line_prints_the_audit():
    result = CliRunner().invoke(app, ["audit"])
    assert result.exit_code == 0
    assert "Largest jumps" in result.output
    assert CliRunner().invoke(app, ["audit", "moon"]).exit_code == 2


def test_committed_notebooks_carry_no_outputs():
    for path in sorted((ROOT / "analysis").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs"), path.name
            assert "def " not in cell["source"] or cell["cell_type"] == "markdown", path.name


def test_the_readme_states_what_the_results_are(headline, twinned):
    estimate, test = headline
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    ordinal = {1: "most", 2: "second", 3: "third", 4: "fourth", 5: "fifth", 6: "sixth"}[test.rank]
    detectable = yd.minimum_detectable_effect(yd.twfe, twinned, yd.twinning_design(), seed=1, draws=99)
    effects = detectable["minimum_detectable_effect"] * 100
    for words in (
        f"{-100 * estimate.coef[0]:.1f}% **lower**",
        f"the {ordinal} most extreme of {len(test.draws)} blocks",
        f"Against {estimate.n_units - estimate.n_treated} cities",
        f"below about {effects.min():.0f} to {effects.max():.0f}%",
        f"{yd.load_panel('yrd').frame.shape[1]} columns",
    ):
        assert words in text, words
