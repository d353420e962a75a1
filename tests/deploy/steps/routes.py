"""Every route of the template leads to its function, for those with a token of the issuer and nobody else."""

import json
import re
from fnmatch import fnmatchcase

import alterations
import template
from emulator import ACCOUNT, REGION
from issuer import Issuer
from municipality import ROLES, Municipality, World

PARAMETER = re.compile(r"\{[a-z]+\}")
NOBODYS = "0192f0c1-2345-7abc-8def-0123456789ab"
GATEWAY = "apigateway.amazonaws.com"


def all_answer(municipality: Municipality) -> None:
    routes = alterations.resources(template.read(), "AWS::ApiGatewayV2::Route").values()
    keys = [route["Properties"]["RouteKey"] for route in routes]
    # The same issuer by its name, with another key.
    forged = Issuer(municipality.world.issuer.url).token(municipality.code, ROLES, "somebody")
    for key in keys:
        method, path = PARAMETER.sub(NOBODYS, key).split()
        for token in (None, forged):
            turned_away = municipality.api.ask(method, path, token)
            assert turned_away.status == 401, f"{key}: {turned_away}"
        answer = municipality.answer(method, path, {} if method in ("POST", "PUT") else None)
        assert answer.is_of_a_function() and answer.status < 500, f"{key}: {answer}"
    assert_gateway_may_invoke(municipality.world)
    print(f"all {len(keys)} routes lead to their functions; without a token, or with a forged one, to nothing")


def assert_gateway_may_invoke(world: World) -> None:
    """ministack invokes without asking; AWS asks the function's own policy."""
    gateway, functions = world.aws.client("apigatewayv2"), world.aws.client("lambda")
    (api,) = gateway.get_apis()["Items"]
    request = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api['ApiId']}/$default/GET/residents"
    for integration in gateway.get_integrations(ApiId=api["ApiId"])["Items"]:
        function = integration["IntegrationUri"]
        policy = json.loads(functions.get_policy(FunctionName=function)["Policy"])
        allowed = [
            statement["Condition"]["ArnLike"]["AWS:SourceArn"]
            for statement in policy["Statement"]
            if statement["Effect"] == "Allow"
            and statement["Action"] == "lambda:InvokeFunction"
            and statement["Principal"] == {"Service": GATEWAY}
        ]
        assert any(fnmatchcase(request, pattern) for pattern in allowed), f"{function}: {policy}"
