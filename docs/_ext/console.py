"""Blocks of a console: what is typed stands out from what the command prints."""

from typing import ClassVar

from pygments.lexer import RegexLexer
from pygments.token import Generic, Text, Whitespace
from sphinx.application import Sphinx


class Console(RegexLexer):
    """Lines after the prompt ``$``, or ``>`` if a command goes on, are typed; others are output.

    The lexer of Pygments takes ``#`` for a prompt, too, and would colour comments as commands.
    """

    tokens: ClassVar = {
        "root": [
            (r"[$>] ", Text, "typed"),
            (r".*\n", Text),
            (r".+", Text),
        ],
        "typed": [
            (r"\n", Text, "#pop"),
            (r" +", Whitespace),
            (r"\S+", Generic.Strong),
        ],
    }


def setup(app: Sphinx) -> dict[str, bool]:
    """Use it for the language ``console``."""
    app.add_lexer("console", Console)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
