"""Parse XML safely."""

from typing import TYPE_CHECKING

from ._errors import AnnotationError
from ._files import PathLike, quoted, read_bytes

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def read_xml(file: PathLike, root_name: str, layout: str) -> "Element":
    """Parse a file; refuse entities, which annotations never use and attacks need.

    Raises
    ------
    ValueError
        If the file is not XML, has entities, or its root is not called `root_name`; `layout` is a
        sentence that says what such a file looks like.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    content = read_bytes(file)
    try:
        root: Element = fromstring(content)
    except DefusedXmlException as error:
        raise AnnotationError(
            f"{file} is refused: XML entities or external references ({error}) can fill the memory "
            "or reach other files, and annotations have none. Remove them from the file."
        ) from None
    except (ParseError, LookupError, ValueError) as error:
        raise AnnotationError(
            f"{file} is not valid XML: {error}. If it was cut short or damaged, copy it again; if "
            "its text is not UTF-8, its first line must name the encoding; if it has another "
            "format, name that one."
        ) from None
    if root.tag != root_name:
        raise AnnotationError(
            f"{file}: the root is {quoted(root.tag)}, not {quoted(root_name)}. {layout} If "
            "it has another format, name that one; or move it out of the folder."
        )
    return root
