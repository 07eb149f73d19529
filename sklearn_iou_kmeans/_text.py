"""Text that comes from files, and can be of any length."""


def shortened(text: str, longest: int) -> str:
    """Leave out the middle of a text of more than `longest` characters."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} ... {text[-half:]}"
