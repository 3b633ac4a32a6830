"""Networks that enlarge: unpooling, transposed convolution, and small trained networks with their training."""
