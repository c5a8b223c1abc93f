"""``python -m qagen`` is the command ``qagen``."""

from qagen.cli import main

if __name__ == "__main__":
    main()
