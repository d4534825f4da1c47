"""One module per tag of the document; a function's name is the ID of the operation it answers."""
