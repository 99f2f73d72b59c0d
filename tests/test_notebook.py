"""The notebook runs from its first cell to its last, and what is stored in it is what a person should see."""

import itertools
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "apps" / "intents" / "tour.ipynb"
NOISE = re.compile(r"warning|INFO:|^[IWE]\d{4} |traceback|oneDNN|cuda", re.IGNORECASE | re.MULTILINE)
OWN_PATH = re.compile(r"(?<![\w.<:/])/(?:home|root|tmp|work|usr|opt|var|Users|mnt)/")


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(notebook):
    """Everything that the outputs of a notebook show, as one text."""
    parts = []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            parts += [output.text] if output.output_type == "stream" else list(map(str, output.data.values()))
    return "\n".join(parts)


@pytest.fixture(scope="module")
def stored():
    return nbformat.read(NOTEBOOK, as_version=4)


def test_the_notebook_is_stored_with_its_outputs_in_order(stored):
    nbformat.validate(stored)
    assert stored.metadata.kernelspec.name == "python3"
    cells = code_cells(stored)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(cell.outputs for cell in cells[1:])  # the first imports
    assert NOTEBOOK.stat().st_size < 200_000


def test_its_stored_outputs_have_no_noise_and_no_path_of_a_machine(stored):
    kinds = {output.get("name", output.output_type) for cell in code_cells(stored) for output in cell.outputs}
    assert kinds == {"stdout", "display_data"}
    assert not NOISE.search(shown(stored))
    assert not OWN_PATH.search(shown(stored))


def test_it_shows_pictures_and_explains_each_step(stored):
    pictures = [
        output for cell in code_cells(stored) for output in cell.outputs if "image/svg+xml" in output.get("data", {})
    ]
    assert len(pictures) >= 2
    explained = [before.cell_type for before, cell in itertools.pairwise(stored.cells) if cell.cell_type == "code"]
    assert set(explained) == {"markdown"}


@pytest.mark.full
@pytest.mark.minilm
def test_it_runs_and_reaches_nine_in_ten(tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell('metrics["accuracy"]'))
    run = NotebookClient(
        notebook,
        timeout=300,
        coalesce_streams=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()  # raises when a cell does
    last = code_cells(run)[-1]
    assert float(last.outputs[0].data["text/plain"]) > 0.9
    assert (tmp_path / "exported/tour/saved_model.pb").is_file()
    assert not NOISE.search(shown(run))
    assert str(tmp_path) not in shown(run)
