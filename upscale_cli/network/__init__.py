"""Networks that enlarge: pooling and its undoing, transposed convolution, and small trained networks."""
