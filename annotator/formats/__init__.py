"""Codecs: a frozen dataset to files and back. Pure: they import only the core, and know no database and no request."""
