"""The HTTP side: routing from the document, judging requests by it, and answering in its terms."""
