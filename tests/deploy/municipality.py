"""A municipality that takes part: it drops files, reads receipts, and its staff use the API."""

import csv
import json
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from api import Answer, Api
from emulator import Aws
from issuer import Issuer
from stack import Stack

ROLES = ["read", "register", "doses", "inquire", "approve"]
PATIENCE = 60.0
LOOK_EVERY = 0.2

Row = dict[str, str]
Found = TypeVar("Found")


@dataclass(frozen=True)
class World:
    """What every municipality works with."""

    aws: Aws
    stack: Stack
    issuer: Issuer
    vrs: Path
    folder: Path

    def run(self, *arguments: str) -> None:
        """The command `vrs`, as an operator calls it."""
        subprocess.run(
            [self.vrs, *arguments],
            env=self.aws.environment(),
            cwd=self.folder,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=PATIENCE,
        )


class Municipality:
    def __init__(self, world: World, code: str) -> None:
        self.world = world
        self.code = code
        self.api = Api(world.stack.api, world.aws)
        self._s3 = world.aws.client("s3")
        self._tokens: dict[str, str] = {}

    def enter(self) -> None:
        """An operator enters it: settings, and a branch key under the stack's key."""
        stack = self.world.stack
        at = ["--aws", "--table", stack.records_table, "--key", stack.records_key]
        self.world.run("tenant", "add", self.code, *at)

    def generate(self, name: str, *options: str) -> Path:
        """A synthetic file of its own people."""
        self.world.run("generate", "--tenant", self.code, "--out", name, *options)
        return self.world.folder / name

    def drop(self, kind: str, file: Path) -> dict[str, Any]:
        """Puts a file into the inbox, as a tool that knows S3 does. Answers its receipt."""
        key = f"inbox/{self.code}/{kind}/{file.name}"
        dropped = self._s3.put_object(Bucket=self.world.stack.drop_bucket, Key=key, Body=file.read_bytes())
        return self._receipt(kind, file, dropped["VersionId"])

    def drop_by_link(self, kind: str, file: Path) -> dict[str, Any]:
        """Asks the API for a link and puts the file there, as the console does. Answers its receipt."""
        ticket = self.asks("POST", "/uploads", {"kind": kind, "name": file.name})
        request = urllib.request.Request(
            ticket["url"], data=file.read_bytes(), headers=ticket["headers"], method=ticket["method"]
        )
        with urllib.request.urlopen(request, context=self.world.aws.trust()) as response:
            version = response.headers["x-amz-version-id"]
        return self._receipt(kind, file, version)

    def _receipt(self, kind: str, file: Path, version: str) -> dict[str, Any]:
        """The receipt of a dropped file once nothing happens to it any more. It accounts for every row."""
        listed = eventually(lambda: self._ended(version), f"end of the dropped {kind}")
        receipt = json.loads(self.outbox(listed["id"], "receipt.json"))
        assert receipt["version"] == version and receipt["state"] == listed["state"], receipt
        counts = receipt["rows"]
        read = counts["in"]
        outcomes = sum(counts.values()) - read
        assert read == outcomes == len(rows_of(file.read_bytes())), receipt
        return receipt

    def _ended(self, version: str) -> dict[str, Any] | None:
        uploads = self.asks("GET", "/uploads")["uploads"]
        return next((it for it in uploads if it["version"] == version and it["ended"]), None)

    def outbox(self, upload: str, name: str) -> bytes:
        """What was written about an upload."""
        key = f"outbox/{self.code}/uploads/{upload}/{name}"
        return self._s3.get_object(Bucket=self.world.stack.drop_bucket, Key=key)["Body"].read()

    def fetch(self, link: str) -> bytes:
        """What lies behind a link of the API."""
        with urllib.request.urlopen(link, context=self.world.aws.trust()) as response:
            return response.read()

    def asks(self, method: str, path: str, body: Any = None, *, staff: str = "first", status: int = 200) -> Any:
        """A request of somebody of its staff that must be answered with `status`. Answers what came."""
        answer = self.answer(method, path, body, staff=staff)
        assert answer.status == status, f"{method} {path}: {answer}"
        return answer.body

    def answer(
        self, method: str, path: str, body: Any = None, *, staff: str = "first", key: str | None = None
    ) -> Answer:
        """The same, however it is answered; `key` makes a repetition known as one."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self.api.ask(method, path, self._token(staff), body, headers)

    def _token(self, staff: str) -> str:
        if staff not in self._tokens:
            self._tokens[staff] = self.world.issuer.token(self.code, ROLES, f"{staff}-of-{self.code}")
        return self._tokens[staff]


def eventually(look: Callable[[], Found | None], what: str) -> Found:
    """What `look` finds in the end."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = look()
        if found is not None:
            return found
        time.sleep(LOOK_EVERY)
    raise TimeoutError(f"no {what} after {PATIENCE:.0f} s")


def rows_of(file: bytes) -> list[Row]:
    """The rows of a CSV file in UTF-8, each by its columns."""
    return list(csv.DictReader(file.decode("utf-8-sig").splitlines()))


def write(file: Path, rows: list[Row]) -> Path:
    """A CSV file of these rows, at least one."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return file
