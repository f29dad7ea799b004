"""The commands of `python -m app`, one module each; what a command needs is imported when it runs."""
