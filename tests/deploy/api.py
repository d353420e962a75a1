"""The HTTP API through API Gateway, as staff's programs call it."""

import json
from dataclasses import dataclass
from http.client import HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from emulator import Aws


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    def is_of_a_function(self) -> bool:
        """Whether a function answered or refused, and not the gateway before it."""
        return self.status < 300 or self.headers.get("content-type") == "application/problem+json"


class Api:
    """One API, reached over loopback whatever its name: few machines resolve names under `localhost`."""

    def __init__(self, url: str, aws: Aws) -> None:
        self._host = urlsplit(url).netloc
        self._port = urlsplit(url).port
        self._trust = aws.trust()

    def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        sent = {"Host": self._host, "Content-Type": "application/json", **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        connection = HTTPSConnection("127.0.0.1", self._port, context=self._trust, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, json.loads(content) if content else None)
