"""The settings page for people: sign in, and the whole life of API keys, as HTML.

Everything it shows and does is a GraphQL document that the same executor runs with the rights of who is signed in: it
has no SQL, no rules and no checks of its own.
"""
