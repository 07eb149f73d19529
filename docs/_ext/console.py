"""Blocks of a console: what is typed stands out from what the command prints."""

from pygments.lexer import RegexLexer, bygroups
from pygments.token import Generic, Text
from sphinx.application import Sphinx


class Console(RegexLexer):
    """A line that begins with ``$``, or with ``>`` if it goes on, is typed; all others are output.

    The lexer of Pygments takes a ``#`` for a prompt too, and colours the comments of a configuration
    as commands.
    """

    tokens = {  # noqa: RUF012
        "root": [(r"([$>] )(.*\n?)", bygroups(Text, Generic.Strong)), (r".*\n", Text), (r".+", Text)]
    }


def setup(app: Sphinx) -> dict[str, bool]:
    """Use it for the language ``console``."""
    app.add_lexer("console", Console)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
