"""The REST surface: each route is a stored GraphQL operation."""
