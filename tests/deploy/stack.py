"""The stack, deployed by CloudFormation from zips as Lambda takes them."""

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import template
from emulator import Aws

NAME = "open-vrs"
DELIVERY_BUCKET = "delivery"
CHANGE_SET = "first"
EXECUTABLE = 0o755
FASTEST = 1
LOOK_EVERY = {"Delay": 1}


@dataclass(frozen=True)
class Stack:
    """What the stack's outputs say."""

    api: str
    drop_bucket: str
    records_table: str
    records_key: str
    holders_table: str


def deploy(aws: Aws, binaries: Path, parameters: dict[str, str]) -> Stack:
    deliver(aws, binaries)
    cloudformation = aws.client("cloudformation")
    names = {"StackName": NAME, "ChangeSetName": CHANGE_SET}
    cloudformation.create_change_set(
        **names,
        ChangeSetType="CREATE",
        TemplateURL=f"{aws.endpoint}/{DELIVERY_BUCKET}/template.json",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    )
    cloudformation.get_waiter("change_set_create_complete").wait(**names, WaiterConfig=LOOK_EVERY)
    cloudformation.execute_change_set(**names)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=NAME, WaiterConfig=LOOK_EVERY)
    (described,) = cloudformation.describe_stacks(StackName=NAME)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    return Stack(
        api=outputs["ApiUrl"],
        drop_bucket=outputs["DropBucketName"],
        records_table=outputs["RecordsTableName"],
        records_key=outputs["RecordsKeyId"],
        holders_table=outputs["HoldersTableName"],
    )


def deliver(aws: Aws, binaries: Path) -> None:
    """Puts code and template where CloudFormation fetches them."""
    s3 = aws.client("s3")
    region = {"LocationConstraint": s3.meta.region_name}
    s3.create_bucket(Bucket=DELIVERY_BUCKET, CreateBucketConfiguration=region)
    functions = template.functions(template.read())
    with ThreadPoolExecutor() as pool:
        packages = pool.map(lambda function: zipped(binaries / function), functions)
        for function, package in zip(functions, packages, strict=True):
            s3.put_object(Bucket=DELIVERY_BUCKET, Key=template.package(function), Body=package)
    body = json.dumps(template.packaged(DELIVERY_BUCKET)).encode()
    s3.put_object(Bucket=DELIVERY_BUCKET, Key="template.json", Body=body)


def zipped(binary: Path) -> bytes:
    """As `infra/package.sh` puts it: the binary alone, as `bootstrap`."""
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = EXECUTABLE << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(entry, binary.read_bytes(), zipfile.ZIP_DEFLATED, FASTEST)
    return out.getvalue()
