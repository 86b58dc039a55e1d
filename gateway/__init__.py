"""The HTTP life of the gateway: the only package that performs I/O."""
