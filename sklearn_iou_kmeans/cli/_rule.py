"""`--rule`: how to choose the number of anchors."""

import re

CHOICES = {
    "knee": "furthest above the line from the first k to the last",
    "one_standard_error": "fewest within one standard error of the best",
}
"""The named rules, and how they choose."""


def parse_rule(text: str, cv: int | None) -> str | float:
    """Read the name of a rule, or a target for the average IoU."""
    name = text.strip().replace("-", "_")
    if name == "one_standard_error" and cv is None:
        raise ValueError(
            f"--rule {text} requires scores of held-out images: add --cv, for example --cv 5."
        )
    if name in CHOICES:
        return name
    target = float(text) if re.fullmatch(r"[0-9]*\.?[0-9]+", text.strip()) else 0.0
    if not 0 < target <= 1:
        raise ValueError(
            f"--rule is {text!r}: choose knee, one-standard-error, or a target for the average "
            "IoU, > 0 and at most 1, for example 0.7."
        )
    return target
