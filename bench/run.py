"""./dev bench [NAME…]: end-to-end comparisons with peers. Each bench is a module here with a function main(); it runs in a sandbox of
its own. Figures are medians of interleaved runs and ratios of medians; nothing is asserted. Results are printed as a table
and kept in build/bench/."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = ["startup", "lists", "pull", "pull_stages", "pull_memory", "pull_link", "shared_layers", "push", "registry_copy", "save_load", "containers", "networks", "registry"]
NO_REFERENCE_IMAGE = {"startup", "lists", "pull_memory", "shared_layers", "containers", "networks", "registry"}


def main(arguments):
    unknown = [name for name in arguments if name not in NAMES]
    if unknown:
        sys.exit(f"bench: no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    (HERE.parent / "build" / "bench").mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"PYTHONPATH": f"{HERE}:{HERE.parent / 'tests'}"}
    if set(arguments or NAMES) - NO_REFERENCE_IMAGE:
        # Made once, outside of any sandbox: this asks Debian's mirror.
        subprocess.run([sys.executable, HERE / "reference_image.py"], env=environment, check=True)
    if "registry" in (arguments or NAMES):
        subprocess.run([sys.executable, HERE / "registry_peers.py"], env=environment, check=True)  # asks the Go proxy
    for name in arguments or NAMES:
        print(f"== {name}", flush=True)
        subprocess.run([HERE.parent / "tests/testing/sandbox", sys.executable, "-c", f"import {name}; {name}.main()"],
                       env=environment, check=True)


main(sys.argv[1:])
