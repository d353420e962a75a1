"""Two municipalities drop their residents; staff search and read them."""

from dataclasses import dataclass

from municipality import Municipality, Row, eventually, rows_of, write

RESIDENTS = 600
MOVED = 20
# Of 生年月日 in a file.
YEAR, MONTH = 4, 6


@dataclass(frozen=True)
class Registered:
    """People as the holder's file has them."""

    people: list[Row]
    # Who has moved to the asker since, and stands in both registers.
    moved: list[Row]
    # Residents of both who can be asked about.
    with_my_number: int


def register(holder: Municipality, asker: Municipality) -> Registered:
    file = holder.generate("residents_20210401.csv", "--residents", str(RESIDENTS), "--defects", "1")
    receipt = holder.drop("residents", file)
    counts = receipt["rows"]
    assert receipt["state"] == "in_force" and counts["refused"] > 0, receipt
    refused = rows_of(holder.outbox(receipt["id"], "errors.csv"))
    assert len(refused) == counts["refused"], receipt
    unsound = {row["個別宛名番号"] for row in refused}

    people = rows_of(file.read_bytes())
    sound = [row for row in people if row["個別宛名番号"] not in unsound]
    moved = [row for row in sound if may_be_asked_about(row)][:MOVED]
    there = [{**row, "自治体コード": asker.code, "券番号": ""} for row in moved]
    receipt = asker.drop_by_link("residents", write(asker.world.folder / "residents_20210402.csv", there))
    assert receipt["state"] == "in_force" and receipt["rows"]["new"] == MOVED, receipt
    print(
        f"{holder.code} dropped {counts['in']} residents over S3: {counts['new']} new, {counts['refused']} refused and "
        f"in errors.csv; {asker.code} dropped {MOVED} of the same people over a link"
    )
    return Registered(people, moved, sum(bool(row["個人番号"]) for row in sound) + MOVED)


def may_be_asked_about(row: Row) -> bool:
    """Whose doses can be recorded here and asked for from elsewhere, without a decision of somebody's."""
    return bool(row["券番号"] and row["個人番号"]) and row["支援措置"] == "0"


def search_and_read(holder: Municipality, asker: Municipality, person: Row) -> str:
    """Answers the id of the resident, which means nothing to another municipality."""
    by_number = holder.asks("POST", "/residents/search", {"number": person["個別宛名番号"]})
    (found,) = by_number["residents"]
    by_name = {"birth_date": birth_date(person), "name": person["氏名カナ"]}
    assert found in holder.asks("POST", "/residents/search", by_name)["residents"]
    assert holder.asks("GET", f"/residents/{found['id']}") == found
    shown = [found["name"], found["kana"], found["birth_date"], found["coupon"], found["my_number_registered"]]
    assert shown == [person["氏名"], person["氏名カナ"], birth_date(person), person["券番号"], True], found
    asker.asks("GET", f"/residents/{found['id']}", status=404)
    print("a resident is found by number and by name, and read; for the other municipality they do not exist")
    return found["id"]


def birth_date(person: Row) -> str:
    day = person["生年月日"]
    return f"{day[:YEAR]}-{day[YEAR:MONTH]}-{day[MONTH:]}"


def wait_for_index(municipality: Municipality, registered: Registered) -> None:
    """The stream of records leads every resident into the index of holders."""
    world = municipality.world
    dynamodb = world.aws.client("dynamodb")

    def is_complete() -> bool | None:
        pages = dynamodb.get_paginator("scan").paginate(TableName=world.stack.holders_table, Select="COUNT")
        return sum(page["Count"] for page in pages) == registered.with_my_number or None

    eventually(is_complete, "complete index of holders")
    print(f"the stream brought {registered.with_my_number} residents into the index of holders")
