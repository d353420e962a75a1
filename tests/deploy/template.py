"""The stack's own template, made ready to be deployed here."""

from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

import alterations

FILE = Path(__file__).parents[2] / "infra" / "template.yaml"


def read() -> dict[str, Any]:
    return yaml_parse(FILE.read_text("utf-8"))


def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The properties of each function, by the name of its binary, after which the folder of its code is called."""
    found = alterations.resources(template, "AWS::Serverless::Function").values()
    return {Path(function["Properties"]["CodeUri"]).name: function["Properties"] for function in found}


def packaged(bucket: str) -> dict[str, Any]:
    """With the functions' code in `bucket`, as `aws cloudformation package` puts it, and with the alterations."""
    template = read()
    for name, properties in functions(template).items():
        properties["CodeUri"] = {"Bucket": bucket, "Key": package(name)}
    for alter in alterations.ALL:
        alter(template)
    return template


def package(function: str) -> str:
    """The name of a function's zip."""
    return f"{function}.zip"
