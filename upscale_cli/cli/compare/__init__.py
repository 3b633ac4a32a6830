"""`upscale compare` and `upscale best`."""
