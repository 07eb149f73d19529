"""The directive ``command``: the help of a sub-command, generated from the command itself."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from typer.main import get_command

from sklearn_iou_kmeans.cli import build_app


class Command(SphinxDirective):
    """Document a sub-command: its usage, its description and its options by group."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the usage, the description, and one list for each group of options."""
        name = self.arguments[0]
        command = get_command(build_app()).commands[name]
        # Typer has no public name for the context of a command.
        context = command.make_context(name, [], resilient_parsing=True)
        usage = " ".join(["iou-kmeans", name, *command.collect_usage_pieces(context)])
        written: list[nodes.Node] = [nodes.literal_block(usage, usage, language="text")]
        written += [paragraph(text) for text in command.help.split("\n\n")]
        groups: dict[str, nodes.definition_list] = {}
        for parameter in command.get_params(context):
            record = parameter.get_help_record(context)
            if record is None:
                continue
            is_argument = parameter.param_type_name == "argument"
            if is_argument:  # Typer adds the type, as <list[Path]>
                record = (parameter.metavar, record[1])
            heading = "Arguments" if is_argument else "Options"
            heading = getattr(parameter, "rich_help_panel", None) or heading
            if heading not in groups:
                groups[heading] = nodes.definition_list(classes=["options"])
                written += [nodes.rubric(text=heading), groups[heading]]
            groups[heading] += definition(*record)
        return written


def definition(option: str, text: str) -> nodes.definition_list_item:
    """Return an option and its help."""
    term = nodes.term("", "", nodes.literal(text=option))
    return nodes.definition_list_item("", term, nodes.definition("", paragraph(text)))


def paragraph(text: str) -> nodes.paragraph:
    """Return a paragraph, with literals between backticks."""
    parts = [
        nodes.literal(text=part) if i % 2 else nodes.Text(part)
        for i, part in enumerate(text.split("`"))
    ]
    return nodes.paragraph("", "", *parts)


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive to Sphinx."""
    app.add_directive("command", Command)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
