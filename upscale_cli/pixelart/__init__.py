"""Enlarging pixel art by whole factors: Scale2x and Scale3x, hqx, xBR."""
