"""What every case comes to: `python -m tests.scenarios [detector-id [-v]]`."""

from __future__ import annotations

import sys

from tests.scenarios.cases import all_cases
from tests.scenarios.playing import play_case


def main() -> None:
    """Print a line per case."""
    for folder, case in all_cases():
        if len(sys.argv) < 2 or folder == sys.argv[1]:
            outcome = play_case(case)
            nats = ", ".join(f"{name} {value:.2f}" for name, value in sorted(outcome.nats.items())) or "nothing"
            print(f"{folder:14} {outcome.tier:7} {nats:40} {case['name']}  {outcome.reached_after or ''}")
            if "-v" in sys.argv:
                for sentence in (text for found in outcome.sentences.values() for text in found):
                    print(f"{'':14} {sentence}")


if __name__ == "__main__":
    main()
