"""How this dialect says things: statuses of errors, ids, vocabularies, and the rows of every object."""
