"""Rights are decided here, not waved through: a function whose role has lost them gets nothing."""

import json

import stack
from municipality import Municipality

ROLE = "ResidentsTenantRole"


def take_and_give_back(municipality: Municipality, resident: str) -> None:
    iam = municipality.world.aws.client("iam")
    cloudformation = municipality.world.aws.client("cloudformation")
    described = cloudformation.describe_stack_resource(StackName=stack.NAME, LogicalResourceId=ROLE)
    role = described["StackResourceDetail"]["PhysicalResourceId"]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    path = f"/residents/{resident}"
    municipality.asks("GET", path)
    iam.delete_role_policy(RoleName=role, PolicyName=name)
    municipality.asks("GET", path, status=500)
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
    municipality.asks("GET", path)
    print("a function whose role lost its policy reads nothing; with the policy back, it reads again")
