"""What everyone means: the canonical model, the operations, the errors."""
