"""Settings as files: what is written is read back; what is wrong is refused with the key and the nearest name."""

import dataclasses

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.settings import option_of, read_settings, setting, settings_text
from keras_bigmodel.pipeline.train_settings import TrainSettings


@dataclasses.dataclass(frozen=True)
class Settings:
    name: str = setting(help="A name.")
    count: int = setting(3, help="A whole number.")
    rate: float = setting(0.5, help="A number.")
    column: str | None = setting(None, help="A text or nothing.")
    on: bool = setting(False, option="continue", help="Yes or no.")
    shares: str | dict | None = setting(None, help="A word, or names with values.")


def _read(tmp_path, text):
    path = tmp_path / "run.yaml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path, Settings)


def test_only_what_stands_in_the_file_is_given(tmp_path):
    assert _read(tmp_path, "count: 5\ncontinue: true\n") == {"count": 5, "on": True}


def test_an_option_has_dashes_and_its_own_name():
    options = {entry.name: option_of(entry) for entry in dataclasses.fields(TrainSettings)}
    assert options["learning_rate"] == "--learning-rate"
    assert options["from_last"] == "--continue"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("rate: 1e-4", 1e-4),
        ("rate: 1", 1.0),
        ("rate: -.5", -0.5),
        ("rate: .inf", float("inf")),
        ("column: 2", "2"),
        ("column: 007", "007"),
        ("column: 1:30", "1:30"),
        ("column: no", "no"),
        ("column: 2024-02-30", "2024-02-30"),
        ("column: ~", None),
        ("shares: {a: 2}", {"a": 2}),
        ("shares: {0: 1.5, 1: 3, no: 2, 2024-01-01: 4}", {"0": 1.5, "1": 3, "no": 2, "2024-01-01": 4}),
    ],
)
def test_values_become_what_the_field_wants(tmp_path, line, value):
    assert next(iter(_read(tmp_path, line).values())) == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cuont: 3", 'has the setting "cuont", which there is none of. Did you mean "count"?'),
        ("learning-rte: 3", "Known are name, count, rate, column, continue, shares"),
        ("count: three", "count: 'three'; wanted a whole number"),
        ("count: 2.5", "count: 2.5; wanted a whole number"),
        ("count: true", "wanted a whole number"),
        ("count: null", "count: None; wanted a whole number"),
        ("continue: 1", "continue: 1; wanted true or false"),
        ("name: true", "If it is a text, put it in quotes."),
        ("shares: {true: 2}", "If it is a text, put it in quotes."),
        ("count: 1\nrate: 2\ncount: 3", 'is no YAML of settings, line 3: "count" stands twice'),
        ("a: b: c", "is no YAML of settings, line 1"),
        ("[" * 3000, "is no YAML of settings"),
        ("count: " + "9" * 5000, "is no YAML of settings"),
        ("- 1", "holds no settings"),
        ("", "holds no settings"),
        ("settings_format: 2\ncount: 1", "has settings_format 2, this package knows 1"),
        ("name: !!python/object/apply:os.system ['true']", "is no YAML of settings"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence(tmp_path, text, sentence):
    with pytest.raises(UserError) as error:
        _read(tmp_path, text)
    assert sentence in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere.yaml cannot be read"):
        read_settings(tmp_path / "nowhere.yaml", Settings)


def test_every_training_setting_is_written_with_its_sentence_and_read_back(tmp_path):
    made = TrainSettings(
        table="表.csv", out="saved_models/评论", class_weight={"差": 2.0}, header=False, learning_rate=3e-5
    )
    text = settings_text(made)
    path = tmp_path / "run.yaml"
    path.write_text(text, encoding="utf-8")
    assert TrainSettings(**read_settings(path, TrainSettings)) == made
    for entry in dataclasses.fields(TrainSettings):
        assert f"# {entry.metadata['help']}" in text


_TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1)


@given(name=_TEXTS, count=st.integers(), rate=st.floats(allow_nan=False), column=st.none() | _TEXTS, on=st.booleans())
def test_any_settings_survive_a_file(tmp_path_factory, name, count, rate, column, on):
    made = Settings(name=name, count=count, rate=rate, column=column, on=on)
    path = tmp_path_factory.mktemp("settings") / "run.yaml"
    path.write_bytes(settings_text(made).encode("utf-8"))
    assert Settings(**read_settings(path, Settings)) == made


@pytest.mark.parametrize("name", ["learning_rate", "l2", "weight_decay", "checkpoint_minutes"])
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_no_number_without_end_is_a_setting(name, value):
    with pytest.raises(UserError, match="came; wanted"):
        TrainSettings(table="a.csv", out="b", **{name: value})


def test_what_is_written_is_plain_yaml():
    assert yaml.safe_load(settings_text(Settings(name="x")))["settings_format"] == 1
