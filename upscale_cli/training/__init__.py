"""Training of networks, with the extra `train`."""
