"""The names of the options of readers on the command line."""

SPELLINGS = {
    "format": "--format ",
    "image_size": "--image-size WxH",
    "images": "--images DIR",
    "names": "--names",
    "split": "--split",
    "inclusive": "--inclusive",
    "sides": "--sides ",
    "columns": "--columns A,B,C,D",
    "size_columns": "--columns width,height",
    "positions": "--columns 2,3,4,5",
    "box_format": "--box-format ",
    "category_column": "--category-column",
    "image_column": "--image-column",
    "delimiter": "--delimiter ",
    "max_unpacked": "--max-unpacked 1000",
}
"""How error messages of the command write each option of a reader."""
