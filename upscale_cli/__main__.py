"""`python -m upscale_cli` and the `upscale` script."""

import sys

from .cli.door import main

if __name__ == "__main__":
    sys.exit(main())
