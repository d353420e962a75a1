"""Deploys the stack on ministack and lets two municipalities work with it.

    python tests/deploy <folder with the binaries>

Says what was done; ends with an error at the first thing that is not as it should be.
"""

import sys
import tempfile
import time
from pathlib import Path

import emulator
import issuer
import stack
from municipality import Municipality, World
from steps import browsers, doses, exports, inquiries, quiet, residents, rights, routes

HOLDER = "131016"
ASKER = "131024"


def main(binaries: Path) -> None:
    # What is said and what ministack logged stay in their order.
    sys.stdout.reconfigure(line_buffering=True)
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="vrs-deploy-") as name,
        emulator.running(Path(name)) as aws,
        issuer.serving(aws) as identity,
    ):
        parameters = {"JwtIssuer": identity.url, "ConsoleOrigin": browsers.CONSOLE, "Architecture": "x86_64"}
        deployed = stack.deploy(aws, binaries, parameters)
        print(f"the stack stands after {time.monotonic() - began:.0f} s")
        world = World(aws, deployed, identity, binaries / "vrs", Path(name))
        work(world)
    print(f"all of it took {time.monotonic() - began:.0f} s")


def work(world: World) -> None:
    holder, asker = Municipality(world, HOLDER), Municipality(world, ASKER)
    for municipality in (holder, asker):
        municipality.enter()
    registered = residents.register(holder, asker)
    # The dose file is about those before.
    person = registered.moved[-1]
    resident = residents.search_and_read(holder, asker, person)
    doses.record(holder, person, resident)
    doses.drop_file(holder)
    residents.wait_for_index(holder, registered)
    inquiries.ask_with_consent(asker, holder, person)
    inquiries.ask_with_approval(asker, person)
    inquiries.ask_in_bulk(asker, registered.moved[-inquiries.IN_FILE :])
    exports.by_night([holder, asker])
    exports.export(holder, person)
    routes.all_answer(asker)
    browsers.only_the_console_may_call(asker)
    quiet.nothing_failed(world, registered.people)
    rights.take_and_give_back(holder, resident)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
