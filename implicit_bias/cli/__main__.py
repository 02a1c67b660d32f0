"""Run the command line with ``python -m implicit_bias.cli``."""

from implicit_bias.cli import run

if __name__ == "__main__":
    run()
