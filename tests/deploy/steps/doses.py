"""A dose is recorded at a venue; others come in a file."""

import uuid

from municipality import Municipality, Row

IN_FILE = 30
GIVEN_ON = "2021-06-14"
PRODUCT = "COMIRNATY"
LOT = "EY0779"


def record(holder: Municipality, person: Row, resident: str) -> None:
    coupon = {"coupon": person["券番号"], "municipality": holder.code}
    seen = holder.asks("POST", "/doses/lookup", coupon)
    given = {"number": "1", "given_on": GIVEN_ON, "product": PRODUCT, "lot": LOT, "venue": "第一会場"}
    dose = {**coupon, **given, "token": seen["token"]}
    key = str(uuid.uuid4())
    first = holder.answer("POST", "/doses", dose, key=key)
    assert (first.status, first.body["outcome"]) == (201, "recorded"), first
    again = holder.answer("POST", "/doses", dose, key=key)
    assert (again.status, again.body) == (first.status, first.body), again
    (kept,) = holder.asks("GET", f"/residents/{resident}/doses")["doses"]
    assert (kept["id"], kept["given_on"], kept["lot"]) == (first.body["id"], GIVEN_ON, LOT), kept
    print("a dose is recorded by coupon and token, and answered the same when it is sent again")


def drop_file(holder: Municipality) -> None:
    from_residents = ["--residents", "200", "--defects", "1"]
    counts = holder.drop("doses", holder.generate("doses.csv", *from_residents, "--doses", str(IN_FILE)))["rows"]
    assert counts["recorded"] > 0, counts
    came = ", ".join(f"{rows} {outcome}" for outcome, rows in counts.items() if rows and outcome != "in")
    print(f"{holder.code} dropped {IN_FILE} doses: {came}")
