"""The command line, `python -m app`. Every command is listed here; none is imported with what it needs to run."""

import typer

from app.commands import demo, exporting, importing, init, keys, members, migrate, schema, serve, workspaces

cli = typer.Typer(
    help="Leadgraph, a GraphQL server for lead data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would print local variables, a key among them
)
cli.command()(demo.demo)
cli.command()(init.init)
cli.command()(serve.serve)
cli.command()(migrate.migrate)
cli.command()(schema.schema)
cli.command("import")(importing.import_csv)
cli.command()(exporting.export)
cli.add_typer(workspaces.commands, name="workspaces")
cli.add_typer(members.commands, name="members")
cli.add_typer(keys.commands, name="keys")


def main() -> None:
    """Runs the command that the arguments name."""
    cli()


if __name__ == "__main__":
    main()
