"""A page of the console may call the API and put files into the drop bucket; another page may not."""

import urllib.error
import urllib.request

from municipality import Municipality

CONSOLE = "https://console.example.jp"
ELSEWHERE = "https://elsewhere.example.jp"
# What pages of the console send beyond what any page may.
METHODS = {"GET", "POST", "PUT", "DELETE"}
HEADERS = {"authorization", "content-type", "idempotency-key", "if-match"}
ORIGIN = "access-control-allow-origin"


def only_the_console_may_call(municipality: Municipality) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": ",".join(HEADERS)}
    told = {
        origin: municipality.api.ask("OPTIONS", "/doses", headers={"Origin": origin, **asked}).headers
        for origin in (CONSOLE, ELSEWHERE)
    }
    assert told[CONSOLE][ORIGIN] == CONSOLE and ORIGIN not in told[ELSEWHERE], told
    assert set(told[CONSOLE]["access-control-allow-methods"].split(",")) >= METHODS, told
    assert set(told[CONSOLE]["access-control-allow-headers"].split(",")) >= HEADERS, told

    assert allowed_by_bucket(municipality, CONSOLE) == CONSOLE, "the console may not put files"
    assert allowed_by_bucket(municipality, ELSEWHERE) is None, "another page may put files"
    print("a browser may call API and drop bucket from the console's page, and from no other")


def allowed_by_bucket(municipality: Municipality, origin: str) -> str | None:
    world = municipality.world
    url = f"{world.aws.endpoint}/{world.stack.drop_bucket}/inbox/{municipality.code}/residents/any.csv"
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    request = urllib.request.Request(url, headers=asked, method="OPTIONS")
    try:
        with urllib.request.urlopen(request, context=world.aws.trust()) as response:
            return response.headers[ORIGIN]
    except urllib.error.HTTPError as refused:
        assert refused.code == 403, refused
        return None
