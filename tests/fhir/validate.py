"""Holds exported FHIR against the resource models of the registry (PyPI: fhir.resources, R4B, in which
Patient and Immunization are those of R4).

    python3 tests/fhir/validate.py <folder with an export of everything, full/, and one of what changed, changed/>

In each lie Patient.ndjson and Immunization.ndjson. Says how many resources are sound; ends with an error at the first
that is not.
"""

import json
import sys
from pathlib import Path

from fhir.resources.R4B.immunization import Immunization
from fhir.resources.R4B.patient import Patient

# The CVX code of a vaccine as it is named, on a day of each time; None where the name and the day do not say which of several it was.
CODES = {
    ("コミナティ", "2021-03-01"): "208",
    ("コミナティ", "2022-10-01"): None,
    ("コミナティ", "2023-10-01"): "309",
    ("ダイチロナ", "2024-01-16"): None,
}


def read(folder: Path, model):
    """Resources of a file, each held against its model, which knows no other members."""
    found = []
    for line in (folder / f"{model.__name__}.ndjson").read_text("utf-8").splitlines():
        resource = json.loads(line)
        assert resource["resourceType"] == model.__name__, resource["resourceType"]
        model.model_validate(resource)
        found.append(resource)
    return found


def sound(folder: Path):
    """The immunizations of an export, held against what FHIR and JP Core ask of it."""
    patients = read(folder, Patient)
    immunizations = read(folder, Immunization)
    assert patients and immunizations, "nothing was exported"
    assert not any("name" in patient for patient in patients), "a patient has a name"
    for patient in patients:
        # What JP Core asks of a patient.
        assert patient["identifier"] and all(it["value"] for it in patient["identifier"]), "a patient without a number"
    known = {f"Patient/{patient['id']}" for patient in patients}
    for immunization in immunizations:
        assert immunization["patient"]["reference"] in known, "an immunization of nobody"
        # What JP Core asks of a dose that was given.
        for member in ("lotNumber", "manufacturer", "occurrenceDateTime", "protocolApplied"):
            assert member in immunization, f"{member} is missing"
    print(f"{folder.name}: {len(patients)} patients and {len(immunizations)} immunizations are sound FHIR R4")
    return immunizations


def main(folder: Path) -> None:
    full = sound(folder / "full")
    assert {it["status"] for it in full} == {"completed"}, "an export of everything has what is in force only"
    changed = sound(folder / "changed")
    taken_back = {it["status"] for it in changed}
    assert taken_back == {"completed", "entered-in-error"}, "what is not in force any more is taken back"
    seen = set()
    for immunization in full:
        vaccine = immunization["vaccineCode"]
        given = (vaccine["text"], immunization["occurrenceDateTime"])
        if given in CODES:
            codes = [coding["code"] for coding in vaccine.get("coding", [])]
            assert codes == ([CODES[given]] if CODES[given] else []), f"{given} is coded as {codes}"
            seen.add(given)
    assert seen == CODES.keys(), f"nobody was given {CODES.keys() - seen}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
