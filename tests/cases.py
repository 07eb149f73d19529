"""How many cases a property is tried on: by default 100, and 3000 by ``make test-long``."""

from hypothesis import settings

N_CASES = settings.default.max_examples


def cases(share):
    """Try a property on this share of them: fewer if a case takes long, more if many say little."""
    return settings(max_examples=max(round(share * N_CASES), 1))
