"""`python -m streams.operations` is the console script `watchpost`. Layer: streams."""

from streams.operations.cli import main

if __name__ == "__main__":
    main()
