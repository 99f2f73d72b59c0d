"""The numbered folders that TensorFlow Serving watches."""

import pytest

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import FILE_NAME
from keras_bigmodel.core.versions import check_base, next_version, version_folder, version_numbers


@pytest.fixture
def base(tmp_path):
    return tmp_path / "reviews"


def write_version(base, text="model"):
    with next_version(base) as (folder, number):
        (folder / "model.txt").write_text(text)
    return number


def make(base, *names):
    for name in names:
        (base / name).mkdir(parents=True)


def test_the_first_version_is_one_and_the_next_two(base):
    assert [write_version(base) for _ in range(3)] == [1, 2, 3]
    assert version_numbers(base) == [1, 2, 3]
    assert version_folder(base) == base / "3"


def test_numbers_are_ordered_as_numbers(base):
    make(base, "9", "10", "2")
    assert version_numbers(base) == [2, 9, 10]
    assert version_folder(base) == base / "10"


def test_a_gap_is_not_filled(base):
    make(base, "1", "5")
    assert write_version(base) == 6


def test_a_removed_version_in_the_middle_keeps_its_number(base):
    for _ in range(3):
        write_version(base)
    (base / "2" / "model.txt").unlink()
    (base / "2").rmdir()
    assert write_version(base) == 4


def test_what_is_no_version_is_passed_over(base):
    make(base, "1", ".training", ".writing-1-x", "best", "1.5", "-3", "2 old")
    (base / "7").write_text("a file")
    assert version_numbers(base) == [1]
    assert write_version(base) == 2


@pytest.mark.parametrize("name", ["²", "٣", "007", "01"])
def test_only_plain_numbers_are_versions(base, name):
    # str.isdigit() is true for all of these, and the folder of int(name) is another one.
    make(base, "1", name)
    assert version_numbers(base) == [1]
    assert version_folder(base) == base / "1"


def test_nothing_there_has_no_versions(base):
    assert version_numbers(base) == []
    base.write_text("a file")
    assert version_numbers(base) == []


def test_a_failed_run_takes_no_number(base):
    with pytest.raises(RuntimeError), next_version(base) as (folder, _):
        (folder / "model.txt").write_text("half")
        raise RuntimeError
    assert version_numbers(base) == []
    assert write_version(base) == 1


def test_of_two_writers_the_first_to_end_gets_the_number_and_the_other_is_told(base):
    with pytest.raises(UserError, match=r"reviews/1 is already there"), next_version(base) as (folder, number):
        assert number == 1
        (folder / "late.txt").write_text("late")
        assert write_version(base, "early") == 1
    assert [path.name for path in (base / "1").iterdir()] == ["model.txt"]
    assert [path.name for path in base.iterdir()] == ["1"]


def test_a_version_folder_itself_is_meant_by_its_path(base):
    make(base, "1", "2")
    (base / "1" / FILE_NAME).write_text("{}")
    assert version_folder(base / "1") == base / "1"
    assert version_folder(base) == base / "2"


def test_no_such_folder(base):
    with pytest.raises(UserError, match=r"No folder .*reviews\. Give the folder of a trained model"):
        version_folder(base)


def test_a_file_is_no_model(base):
    base.write_text("a file")
    with pytest.raises(UserError, match="is a file; wanted the folder of a trained model"):
        version_folder(base)
    with pytest.raises(UserError, match="is a file"):
        check_base(base)


def test_a_folder_without_versions_says_how_to_get_one(base):
    make(base, "notes")
    with pytest.raises(UserError, match="holds no version of a model. Train one: bigmodel train"):
        version_folder(base)


@pytest.mark.parametrize("name", ["task.json", "saved_model.pb"])
def test_versions_are_not_written_into_a_model(base, name):
    make(base, "variables")
    (base / name).write_text("")
    with pytest.raises(UserError, match="is itself a saved model"), next_version(base):
        raise AssertionError("the block must not begin")


def test_a_base_below_a_file_is_refused_before_the_work_begins(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="stands in its way"), next_version(tmp_path / "file" / "reviews"):
        raise AssertionError("the block must not begin")
