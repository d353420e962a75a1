"""The doses go back to the municipality's ledger."""

from typing import Any

from municipality import Municipality, Row, eventually, rows_of
from steps.doses import LOT

LEDGER = "ledger-COVID19.csv"
IMMUNIZATIONS = "Immunization.ndjson"


def export(holder: Municipality, person: Row) -> None:
    in_force = holder.asks("GET", "/doses/counts")["recorded"]
    asked = holder.asks("POST", "/exports", {"scope": "full", "encoding": "utf-8"})

    def ended() -> dict[str, Any] | None:
        export = holder.asks("GET", f"/exports/{asked['id']}")
        return export if export["state"] != "requested" else None

    published = eventually(ended, "end of the export")
    assert (published["state"], published["doses"]) == ("published", in_force), published
    files = {file["name"]: holder.fetch(file["url"]) for file in published["files"]}
    ledger = rows_of(files[LEDGER])
    in_ledger = sum(bool(cell) for row in ledger for name, cell in row.items() if name.endswith("回目接種日"))
    as_fhir = len(files[IMMUNIZATIONS].splitlines())
    assert in_ledger == as_fhir == in_force, (in_ledger, as_fhir, in_force)
    (mine,) = [row for row in ledger if row["個別宛名番号"] == person["個別宛名番号"]]
    assert mine["1回目ワクチンロット番号"] == LOT, mine
    print(f"{holder.code} exported its {in_force} doses: as many in the ledger, and as FHIR")
