"""The dialects of the wire that released Arize clients speak.

Everything behind this package knows one form only, the native one of the document. A client that
names itself in its `sdk-package-name` and `sdk-version` headers gets answers in the form it can
read, and what it sends is read in the form it writes. What differs between the generations is
data (`generations`, `spellings`, `members`); `shapes` and `translation` apply it along the
schemas of the document.
"""
