"""Reads and writes YAML of version 1.2, in which no key occurs twice. Knows PyYAML; no settings."""

import re

import yaml


class SettingsLoader(yaml.SafeLoader):
    """Reads YAML by the rules of version 1.2, without the surprises of version 1.1.

    `no`, `on`, `007`, `1:30` and dates are texts. `1e-4` is a number. A key that occurs twice is an error.

    Source: YAML 1.2, section 10.3.2, "core schema".
    """

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        """Builds a dict, and raises an error if a key occurs twice.

        Args:
            node: `yaml.MappingNode`.
            deep: bool. As in `yaml.SafeLoader`. Defaults to False.

        Returns:
            dict.

        Raises:
            yaml.constructor.ConstructorError: a key occurs twice.
        """
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for number, (key, (key_node, _)) in enumerate(zip(keys, node.value, strict=True)):
            if key in keys[:number]:
                raise yaml.constructor.ConstructorError(None, None, f'"{key}" stands twice', key_node.start_mark)
        return super().construct_mapping(node, deep)


class SettingsDumper(yaml.SafeDumper):
    """Writes YAML that `SettingsLoader` and readers of version 1.1 read alike, with ambiguous texts in quotes."""


_PATTERNS = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|(?=[0-9]+[eE])[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
}
for _name, (_pattern, _first) in _PATTERNS.items():
    for _kind in (SettingsLoader, SettingsDumper):
        _kind.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(rf"(?:{_pattern})\Z"), _first)
