"""The command line, `python -m app`. Every command is listed here; none is imported with what it needs to run."""

import typer

from app.commands import keys, migrate

cli = typer.Typer(
    help="Leadgraph, a GraphQL server for lead data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would print local variables, a key among them
)
cli.command()(migrate.migrate)
cli.add_typer(keys.commands, name="keys")


def main() -> None:
    """Runs the command that the arguments name."""
    cli()


if __name__ == "__main__":
    main()
