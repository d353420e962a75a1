"""Loads a residents file into DynamoDB the usual way in Python.

The same checks and the same sealing as the Rust programs beside it: csv.DictReader, hmac, AES-256-GCM
of the cryptography package, boto3's batch_writer. Prints its outcome as one line of JSON.

    python load.py FILE TENANT TABLE ROWS TODAY(YYYYMMDD)
"""

import base64
import csv
import datetime
import hashlib
import hmac
import itertools
import json
import os
import re
import sys
import time

import boto3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
TEN_DIGITS = re.compile(r"[0-9]{10}")
TWELVE_DIGITS = re.compile(r"[0-9]{12}")
EIGHT_DIGITS = re.compile(r"[0-9]{8}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
UNFIT_FOR_A_KEY = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
EARLIEST = datetime.date(1880, 1, 1)

RESIDENT_KEY = bytes([1]) * 32
COUPON_KEY = bytes([2]) * 32
BIRTH_DATE_KEY = bytes([3]) * 32
ROW_KEY = bytes([4]) * 32
DATA_KEY = AESGCM(bytes([0x5A]) * 32)


def is_my_number(text):
    if not TWELVE_DIGITS.fullmatch(text):
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS)) % 11
    return int(text[11]) == (0 if rest <= 1 else 11 - rest)


def date(text):
    if not EIGHT_DIGITS.fullmatch(text):
        return None
    try:
        return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def is_text(text, most):
    return len(text) <= most and not CONTROL.search(text)


def is_sound(row, tenant, today):
    if row["自治体コード"] != tenant:
        return False
    number = row["個別宛名番号"]
    if not number or len(number) > 40 or UNFIT_FOR_A_KEY.search(number):
        return False
    if row["券番号"] and not TEN_DIGITS.fullmatch(row["券番号"]):
        return False
    if row["個人番号"] and not is_my_number(row["個人番号"]):
        return False
    if not row["氏名"] or not is_text(row["氏名"], 100) or not is_text(row["氏名カナ"], 100):
        return False
    born = date(row["生年月日"])
    if born is None or not EARLIEST <= born <= today:
        return False
    if row["性別"] not in ("0", "1", "2", "9") or row["異動区分"] not in ("", "1", "2"):
        return False
    if row["異動日"]:
        moved = date(row["異動日"])
        if moved is None or moved < born:
            return False
    return is_text(row["異動事由"], 20) and row["支援措置"] in ("", "0", "1")


def digest(key, value):
    return hmac.digest(key, value, hashlib.sha256)[:16]


def tag(key, value):
    return base64.urlsafe_b64encode(digest(key, value.encode())).rstrip(b"=").decode()


def seal(place, plain):
    aad = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in place)
    nonce = os.urandom(12)
    return nonce + DATA_KEY.encrypt(nonce, plain, aad)


def items(row, tenant):
    resident = tag(RESIDENT_KEY, row["個別宛名番号"])
    pk = f"T#{tenant}#R#{resident}"
    profile = json.dumps(
        {
            "number": row["個別宛名番号"],
            "coupon": row["券番号"],
            "name": row["氏名"],
            "kana": row["氏名カナ"],
            "birth_date": row["生年月日"],
            "sex": row["性別"],
            "moved_on": row["異動日"],
            "reason": row["異動事由"],
            "protected": row["支援措置"] == "1",
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    slot = {
        "g": 1,
        "s": 1,
        "f": digest(ROW_KEY, profile + row["個人番号"].encode()),
        "p": seal((pk, "P", "profile"), profile),
    }
    if row["個人番号"]:
        slot["m"] = seal((pk, "P", "my_number"), row["個人番号"].encode())
    yield {"pk": pk, "sk": "P", "v": 1, "newest": slot}
    if row["券番号"]:
        yield {"pk": f"T#{tenant}#C#{tag(COUPON_KEY, row['券番号'])}", "sk": resident}
    yield {"pk": f"T#{tenant}#B#{tag(BIRTH_DATE_KEY, row['生年月日'])}", "sk": resident}


def main(file, tenant, table_name, rows, today):
    table = boto3.resource("dynamodb").Table(table_name)
    today = date(today)
    residents = refused = written = 0
    begun = time.process_time_ns()
    with open(file, encoding="utf-8-sig", newline="") as text, table.batch_writer() as batch:
        for row in itertools.islice(csv.DictReader(text), int(rows)):
            if not is_sound(row, tenant, today):
                refused += 1
                continue
            residents += 1
            for item in items(row, tenant):
                batch.put_item(Item=item)
                written += 1
    spent = time.process_time_ns() - begun
    print(json.dumps({"residents": residents, "refused": refused, "items": written, "cpu_ns": spent}))


if __name__ == "__main__":
    main(*sys.argv[1:])
