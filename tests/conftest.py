from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes depends on the machine, and is no claim of a test.
settings.register_profile("tests", deadline=None)
settings.register_profile("long", deadline=None, max_examples=3000)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def shared_data():
    """Real annotations, which are not part of the package."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the annotations in {folder}")
    return folder
