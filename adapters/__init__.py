"""How each dialect says it: tables, codecs and routes, one folder a dialect."""
