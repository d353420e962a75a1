"""What of the template has to be changed for ministack, each with its reason. This list is all of it."""

from collections.abc import Callable, Iterator
from typing import Any

Template = dict[str, Any]
Statement = dict[str, Any]

# How a policy names the municipality of a session; within `!Sub` with an exclamation mark.
SESSION = ("${aws:PrincipalTag/tenant}", "${!aws:PrincipalTag/tenant}")
ANY_MUNICIPALITY = "??????"
UNKNOWN_KEYS = ("dynamodb:LeadingKeys", "kms:EncryptionContext:tenant")


def any_municipality(template: Template) -> None:
    """ministack knows no variables in policies, and would take them for text that nothing is called by.

    Rights on the folders of the session's municipality become rights on those of any.
    """
    for statement in rights(template):
        statement.update(replaced(statement))


def without_unknown_keys(template: Template) -> None:
    """ministack does not tell policies the keys of items and the context of an encryption, and so would refuse all.

    Conditions on them are left out; conditions on anything else stay.
    """
    for statement in [*rights(template), *key_policies(template)]:
        conditions = {
            operator: {key: values for key, values in keys.items() if key not in UNKNOWN_KEYS}
            for operator, keys in statement.pop("Condition", {}).items()
        }
        if known := {operator: keys for operator, keys in conditions.items() if keys}:
            statement["Condition"] = known


def roles_may_be_taken(template: Template) -> None:
    """ministack wants a policy of whoever takes a role beside the role's trust policy.

    On AWS the latter is enough within one account, if it names the taker as ours do. It goes on deciding here with
    which tag the role may be taken.
    """
    for name, role in resources(template, "AWS::IAM::Role").items():
        for statement in role["Properties"]["AssumeRolePolicyDocument"].get("Statement", []):
            match statement["Principal"]:
                case {"AWS": {"Fn::GetAtt": [taker, "Arn"]}}:
                    template["Resources"][f"{taker}Takes{name}"] = policy(
                        taker, statement["Action"], {"Fn::GetAtt": [name, "Arn"]}
                    )


def batches_by_their_own_name(template: Template) -> None:
    """ministack asks for `sqs:SendMessageBatch`; on AWS `sqs:SendMessage` is the right to both."""
    for statement in rights(template):
        match statement["Action"]:
            case "sqs:SendMessage":
                statement["Action"] = ["sqs:SendMessage", "sqs:SendMessageBatch"]
            case list() as actions if "sqs:SendMessage" in actions:
                statement["Action"] = [*actions, "sqs:SendMessageBatch"]


def handed_out_by_a_number(template: Template) -> None:
    """ministack hands a parameter of type Number on as text, and cannot count up to it what a queue hands out at once."""
    for mapping in resources(template, "AWS::Lambda::EventSourceMapping").values():
        match mapping["Properties"].get("ScalingConfig"):
            case {"MaximumConcurrency": {"Ref": parameter}} as scaling:
                scaling["MaximumConcurrency"] = template["Parameters"][parameter]["Default"]


ALL: list[Callable[[Template], None]] = [
    any_municipality,
    without_unknown_keys,
    roles_may_be_taken,
    batches_by_their_own_name,
    handed_out_by_a_number,
]


def policy(role: str, actions: list[str], resource: Any) -> Template:
    right = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "take-the-role-for-one-tenant",
            "Roles": [{"Ref": role}],
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [right]},
        },
    }


def rights(template: Template) -> Iterator[Statement]:
    """What roles may do."""
    for role in resources(template, "AWS::IAM::Role").values():
        for inline in role["Properties"].get("Policies", []):
            yield from inline["PolicyDocument"]["Statement"]


def key_policies(template: Template) -> Iterator[Statement]:
    for key in resources(template, "AWS::KMS::Key").values():
        yield from key["Properties"]["KeyPolicy"]["Statement"]


def resources(template: Template, kind: str) -> dict[str, Any]:
    return {name: resource for name, resource in template["Resources"].items() if resource["Type"] == kind}


def replaced(value: Any) -> Any:
    """The same, for any municipality."""
    match value:
        case dict():
            return {key: replaced(within) for key, within in value.items()}
        case list():
            return [replaced(within) for within in value]
        case str():
            for variable in SESSION:
                value = value.replace(variable, ANY_MUNICIPALITY)
            return value
    return value
