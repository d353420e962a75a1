"""ministack: AWS in one process, by others. It runs the functions' binaries as they are, without containers."""

import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

REGION = "ap-northeast-1"
ACCOUNT = "123456789012"
# What ministack takes for the account's root. Whoever else calls has the rights of a role, and no others.
ROOT_KEY = "root"
ROOT_SECRET = "root"
MENDED = Path(__file__).with_name("mended.py")
STARTS_WITHIN = 60.0
LAST_LINES = 60


@dataclass(frozen=True)
class Aws:
    """A running AWS: where it answers, and how it is trusted."""

    endpoint: str
    certificate: Path
    key: Path

    def client(self, service: str) -> Any:
        """A client with the rights of the account's root. Its methods are made from AWS's models at run time."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=ROOT_KEY,
            aws_secret_access_key=ROOT_SECRET,
            verify=str(self.certificate),
        )

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.certificate)

    def environment(self) -> dict[str, str]:
        """What a process needs to work on it instead of on AWS."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": ROOT_SECRET,
            "SSL_CERT_FILE": str(self.certificate),
        }


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running(folder: Path) -> Iterator[Aws]:
    """Starts it on loopback with nothing of our own environment, which it would hand to the functions.

    It decides every call by the template's policies (AUTH) and speaks TLS, without which the buckets' policies
    let nobody in. Ends with the block; if that fails, the end of its log is printed.
    """
    port = free_port()
    tls = folder / "ministack-tls"  # made by ministack at its start
    aws = Aws(f"https://127.0.0.1:{port}", tls / "server.crt", tls / "server.key")
    log = folder / "ministack.log"
    environment = {
        "PATH": os.defpath,
        "TMPDIR": str(folder),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AUTH": "true",
        "USE_SSL": "1",
        "IOT_MTLS_ENABLED": "0",
        **aws.environment(),
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, MENDED],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_healthy(aws, port, process)
        yield aws
    except BaseException:
        lines = log.read_text("utf-8", errors="replace").splitlines()
        print(f"--- the last lines of ministack's log ({len(lines)} in all)", *lines[-LAST_LINES:], sep="\n")
        raise
    finally:
        stop(process)


def wait_until_healthy(aws: Aws, port: int, process: subprocess.Popen[bytes]) -> None:
    """It listens, and says whose account it is."""
    until = time.monotonic() + STARTS_WITHIN
    while not listens(port):
        if process.poll() is not None:
            raise RuntimeError(f"ministack ended with {process.returncode}")
        if time.monotonic() > until:
            raise TimeoutError(f"ministack does not listen after {STARTS_WITHIN:.0f} s")
        time.sleep(0.1)
    account = aws.client("sts").get_caller_identity()["Account"]
    assert account == ACCOUNT, account


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
