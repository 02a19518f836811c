"""What goes wrong while the corpus is derived."""


class SourceError(Exception):
    """A hand-written file of the corpus is wrong; says where, what, and what to write instead."""
