"""A municipality asks which doses others hold: on a person's consent, on a second person's approval, and in bulk."""

import hashlib
from datetime import date, datetime, timedelta, timezone
from typing import Any

from municipality import Municipality, Row, rows_of, write
from steps.doses import GIVEN_ON, LOT, PRODUCT
from steps.residents import birth_date

PROGRAMME = "COVID19"
SCAN = hashlib.sha256(b"a scanned form").hexdigest()
JAPAN = timezone(timedelta(hours=9))
IN_FILE = 5


def ask_with_consent(asker: Municipality, holder: Municipality, person: Row) -> None:
    form = {"signed_on": today().isoformat(), "scan_sha256": SCAN}
    consent = asker.asks("POST", "/consents", {**basis("CONSENT", "1"), **form, **identity(person)})
    assert consent["state"] == "granted", consent
    question = {"consent": consent["id"], **identity(person)}
    (dose,) = asker.asks("POST", "/inquiries", question)["doses"]
    told = [dose["holder"], dose["programme"], dose["number"], dose["given_on"], dose["product"], dose["lot"]]
    assert told == [holder.code, PROGRAMME, 1, GIVEN_ON, PRODUCT, LOT], dose
    # A basis is good for one inquiry.
    asker.asks("POST", "/inquiries", question, status=409)
    for municipality in (asker, holder):
        assert municipality.asks("GET", "/log")["entries"], "an inquiry stands in no log"
    print(f"{asker.code} asked with consent and was told the dose that {holder.code} holds; both logs have it")


def ask_with_approval(asker: Municipality, person: Row) -> None:
    draft = asker.asks("POST", "/consents", {**basis("CONSENT_HARD_TO_OBTAIN", "2"), **identity(person)})
    assert draft["state"] == "draft", draft
    approve = f"/consents/{draft['id']}/approve"
    assert not 200 <= asker.answer("POST", approve).status < 300, "who recorded a basis approved it"
    granted = asker.asks("POST", approve, staff="second")
    assert granted["state"] == "granted", granted
    answer = asker.asks("POST", "/inquiries", {"consent": granted["id"], **identity(person)})
    assert len(answer["doses"]) == 1, answer
    print("a basis without consent was approved by a second person, and answered")


def ask_in_bulk(asker: Municipality, people: list[Row]) -> None:
    """About these people; the last is whose dose was recorded."""
    rows = [
        {
            "整理番号": str(number),
            "個人番号": person["個人番号"],
            "生年月日": person["生年月日"],
            "照会根拠": "CONSENT",
            "同意日": today().strftime("%Y%m%d"),
            "同意書番号": f"bulk-{number}",
            "同意書ハッシュ値": SCAN,
        }
        for number, person in enumerate(people)
    ]
    receipt = asker.drop("inquiries", write(asker.world.folder / "inquiries.csv", rows))
    assert receipt["rows"]["answered"] == len(rows), receipt
    links = asker.asks("GET", f"/uploads/{receipt['id']}")["links"]
    answers = rows_of(asker.fetch(links["answers"]["url"]))
    assert [row["整理番号"] for row in answers] == [row["整理番号"] for row in rows], answers
    assert {GIVEN_ON.replace("-", ""), LOT} <= set(answers[-1].values()), "the recorded dose is not in answers.csv"
    print(f"{asker.code} dropped {len(rows)} inquiries and found their answers")


def today() -> date:
    return datetime.now(JAPAN).date()


def basis(code: str, evidence: str) -> dict[str, Any]:
    return {"basis": code, "purpose": "VACCINATION", "programmes": PROGRAMME, "evidence_number": evidence}


def identity(person: Row) -> dict[str, str]:
    return {"my_number": person["個人番号"], "birth_date": birth_date(person)}
