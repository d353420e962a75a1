"""The doses go back to the municipality's ledger."""

from functools import partial
from typing import Any

import stack
from municipality import Municipality, Row, eventually, rows_of
from steps.doses import LOT

LEDGER = "ledger-COVID19.csv"
IMMUNIZATIONS = "Immunization.ndjson"


def by_night(municipalities: list[Municipality]) -> None:
    """What the rule sends at two o'clock, sent now: it makes the first export of every municipality."""
    aws = municipalities[0].world.aws
    events, sqs = aws.client("events"), aws.client("sqs")
    (rule,) = events.list_rules(NamePrefix=stack.NAME)["Rules"]
    (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    queue = sqs.get_queue_url(QueueName=target["Arn"].rsplit(":", 1)[1])["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody=target["Input"])
    for municipality in municipalities:
        eventually(partial(published, municipality), f"nightly export of {municipality.code}")
    print(f"the nightly rule ({rule['ScheduleExpression']}), sent now, made an export for each municipality")


def published(municipality: Municipality) -> bool | None:
    """True as soon as there is an export."""
    return municipality.answer("GET", "/exports/last").status == 200 or None


def export(holder: Municipality, person: Row) -> None:
    in_force = holder.asks("GET", "/doses/counts")["recorded"]
    asked = holder.asks("POST", "/exports", {"scope": "full", "encoding": "utf-8"})

    def ended() -> dict[str, Any] | None:
        export = holder.asks("GET", f"/exports/{asked['id']}")
        return export if export["state"] != "requested" else None

    made = eventually(ended, "end of the export")
    assert (made["state"], made["doses"]) == ("published", in_force), made
    files = {file["name"]: holder.fetch(file["url"]) for file in made["files"]}
    ledger = rows_of(files[LEDGER])
    in_ledger = sum(bool(cell) for row in ledger for name, cell in row.items() if name.endswith("回目接種日"))
    as_fhir = len(files[IMMUNIZATIONS].splitlines())
    assert in_ledger == as_fhir == in_force, (in_ledger, as_fhir, in_force)
    (mine,) = [row for row in ledger if row["個別宛名番号"] == person["個別宛名番号"]]
    assert mine["1回目ワクチンロット番号"] == LOT, mine
    print(f"{holder.code} exported its {in_force} doses: as many in the ledger, and as FHIR")
