"""The store: tables, migrations, reading and writing."""

from gateway.store.store import Store
from gateway.store.transaction import Change, Transaction, add_alias, drop_aliases, resolve

__all__ = ["Change", "Store", "Transaction", "add_alias", "drop_aliases", "resolve"]
