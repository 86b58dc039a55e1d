"""Figures folded from streamed runs: summary, histogram, comparison. Pure, no I/O, memory independent of the sizes of inputs and outputs."""
