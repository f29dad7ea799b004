"""The REST routes as an OpenAPI 3.1 document, derived from them and from the GraphQL schema, or a key's view of it."""
