"""Vendors as targets of other dialects: canonical calls said in the vendor's words, its answers read back."""
