"""Every function has run, none has failed, nothing was given up, and no log says who anybody is."""

import alterations
import stack
import template
from municipality import Row, World

# What tells of a person in a file of residents.
TELLING = ["個別宛名番号", "券番号", "個人番号", "氏名", "氏名カナ"]


def nothing_failed(world: World, people: list[Row]) -> None:
    logs = lines_by_function(world)
    silent = [function for function, lines in logs.items() if not lines]
    assert not silent, f"never ran: {silent}"
    failed = [line for lines in logs.values() for line in lines if '"level":"ERROR"' in line]
    assert not failed, failed
    text = "\n".join(line for lines in logs.values() for line in lines)
    told = {column for person in people for column in TELLING if person[column] and person[column] in text}
    assert not told, f"the logs tell {told}"
    assert_no_dead_letters(world)
    print(f"all {len(logs)} functions ran, none failed; no log of theirs names any of {len(people)} people")


def lines_by_function(world: World) -> dict[str, list[str]]:
    functions = world.aws.client("lambda")
    events = world.aws.client("logs").get_paginator("filter_log_events")
    lines = {}
    for name in template.functions(template.read()):
        of = functions.get_function_configuration(FunctionName=f"{stack.NAME}-{name}")
        pages = events.paginate(logGroupName=of["LoggingConfig"]["LogGroup"])
        lines[name] = [event["message"] for page in pages for event in page["events"]]
    return lines


def assert_no_dead_letters(world: World) -> None:
    sqs = world.aws.client("sqs")
    queues = [url for url in sqs.list_queues()["QueueUrls"] if "DeadLetters" in url]
    wanted = [name for name in alterations.resources(template.read(), "AWS::SQS::Queue") if "DeadLetters" in name]
    assert len(queues) == len(wanted), queues
    for queue in queues:
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
        assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "0", queue
