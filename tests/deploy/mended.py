"""Starts ministack with what is wrong in its version put right. This list is all of it."""

from typing import Any

from hypercorn.config import Config
from ministack import app
from ministack.services import apigateway, s3

Response = tuple[int, dict[str, str], bytes]

CHECKSUM = "x-amz-checksum-"


def mend_ranges_of_versions() -> None:
    """Asked for a range of one version of an object, ministack answers the whole object."""
    whole = s3._get_object

    def ranged(bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None) -> Response:
        status, answered, body = whole(bucket, key, headers, query)
        span = s3._parse_range(headers.get("range", ""), len(body))
        if status != 200 or span is None:
            return status, answered, body
        first, last = span
        # A checksum is one of the whole object.
        kept = {name: value for name, value in answered.items() if not name.lower().startswith(CHECKSUM)}
        kept["Content-Length"] = str(last + 1 - first)
        kept["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        return 206, kept, body[first : last + 1]

    s3._get_object = ranged


def mend_cors_of_apis() -> None:
    """An API made by CloudFormation has its settings for browsers under names that ministack does not look for."""
    whole = apigateway._cors_preflight_response

    def named(settings: dict[str, Any], origin: str) -> Response:
        return whole({name[0].lower() + name[1:]: value for name, value in settings.items()}, origin)

    apigateway._cors_preflight_response = named


def speak_http_1() -> None:
    """As AWS's services do. Over HTTP/2 a call is now and then not answered, and a function waits for it in vain."""
    Config.alpn_protocols = ["http/1.1"]


if __name__ == "__main__":
    mend_ranges_of_versions()
    mend_cors_of_apis()
    speak_http_1()
    app.main()
