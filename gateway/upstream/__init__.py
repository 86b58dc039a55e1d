"""The vendors: one pooled client, and for each configured target its address, credential and limits."""
